import { features } from '../base/features.js';
import type { PlanningFacts, SaidFacts } from '../membership/index.js';
import { selfAbilities } from './abilities.js';
import type { Announcements } from './announcements.js';
import type { NodeContext } from './node-context.js';

/** What a plan starts from, as this leader knows it now. */
export function planningFacts(
  context: NodeContext,
  announcements: Announcements,
  runningChange: string,
): PlanningFacts {
  const { id, store, clock, config } = context.options;
  const { raft } = context.core;
  const { confState, configIndex } = context.applied;
  const progress = new Map(
    [...raft.tracker.progress]
      .filter(([peer]) => peer !== id)
      .map(([peer, { matched, state }]) => [peer, { match: matched, state }]),
  );
  return {
    confState,
    configIndex,
    members: context.members,
    announced: announcements.list(context.members),
    leader: id,
    leaderForMs: context.leaderSinceMs === undefined ? 0 : clock() - context.leaderSinceMs,
    electionTimeoutMs: config.electionTicks * config.tickMs,
    live: context.connectedIds().add(id),
    progress,
    commit: raft.raftLog.committed,
    applied: context.applied.index,
    firstIndex: store.firstIndex(),
    unappliedConfIndex: raft.hasPendingConf ? raft.pendingConfIndex : 0,
    runningChange,
    transferee: raft.leadTransferee,
    snapshotBytes: store.snapshots.list()[0]?.bytes ?? 0,
    maxLag: config.maxLagEntries,
    removed: context.removed,
    said: saidFacts(context, announcements),
    clusterId: store.identity.clusterId,
    incarnation: store.identity.incarnation,
    version: context.options.version,
    features,
    certificateMismatch: context.options.certificate?.mismatch,
  };
}

/** Announcements are repeated every few seconds; what a connected node said is as old as its connection. */
function saidFacts(context: NodeContext, announcements: Announcements): Map<number, SaidFacts> {
  const { id: self, store, version, transport } = context.options;
  const { clusterId, incarnation, instance } = store.identity;
  const own = {
    version,
    clusterId,
    incarnation,
    instance,
    clockOffsetMs: 0,
    abilities: selfAbilities(context.options),
  };
  const said = new Map<number, SaidFacts>([[self, { ...own, diskFreeBytes: store.status().diskFreeBytes }]]);
  for (const { id, connected, ...link } of transport.links()) {
    // What it understood when it was last here, it will understand when it comes back.
    said.set(id, connected ? { ...link, clusterId, incarnation } : { abilities: link.abilities });
  }
  for (const [id, announced] of announcements.said()) said.set(id, { ...said.get(id), ...announced });
  return said;
}
