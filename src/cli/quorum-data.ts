import type { ClusterView, NodeStatus, PeerProgress } from '../client/index.js';
import { minimalCuts, quorumSets, STOPPED, tolerance, voterSets } from '../membership/tolerance.js';
import { describeCuts } from '../membership/words.js';

/** What a majority needs, has, and can lose. */
export interface QuorumData {
  readonly sets: readonly {
    readonly name: string;
    readonly size: number;
    readonly needed: number;
    readonly live: number;
  }[];
  readonly available: boolean;
  /** Live voters that may be lost, whichever they are, before writes stop. */
  readonly tolerates: number;
  /** The same if all were up. */
  readonly toleratesNominal: number;
  /** Smallest sets of live voters whose loss stops writes. */
  readonly minimalCuts: readonly (readonly number[])[];
}

/** Nodes that count as live: the leader goes by who answers it, and where there is none this client by who answers it. */
export function liveIds({ leader, nodes }: ClusterView): ReadonlySet<number> {
  const reachable = nodes.filter(({ status }) => status !== undefined).map(({ id }) => id);
  if (leader === undefined) return new Set(reachable);
  const active = leader.progress.filter((peer) => isActive(peer, leader)).map(({ id }) => id);
  return new Set([leader.id, ...active]);
}

/**
 * Whether a node answers the leader. The leader forgets who has answered once in an election timeout, to see who does so again: just after
 * that its tracker says of nobody that he is active, and the connection says more.
 */
export function isActive({ id, recentActive }: PeerProgress, leader: NodeStatus): boolean {
  if (recentActive) return true;
  const link = leader.links.find((peer) => peer.id === id);
  return link?.connected === true && (link.lastSeenMs ?? Number.POSITIVE_INFINITY) < leader.electionTimeoutMs;
}

/** What the majorities of a view need, have, and can lose. */
export function toQuorumData(view: ClusterView): QuorumData {
  const halves = voterSets(view.confState);
  const live = liveIds(view);
  const names = halves.length === 1 ? ['voters'] : ['incoming', 'outgoing'];
  const tolerates = tolerance(halves, live);
  return {
    sets: quorumSets(halves, live).map((set, place) => ({
      name: names[place] ?? '',
      size: set.voters.length,
      needed: set.needed,
      live: set.live,
    })),
    available: tolerates !== STOPPED,
    tolerates: Math.max(0, tolerates),
    toleratesNominal: tolerance(halves, new Set(halves.flat())),
    minimalCuts: minimalCuts(halves, live),
  };
}

/** `needs 2 of 3, live 2 -> tolerates 0 more failures (1 when all are up)`. */
export function quorumText({ sets, available, tolerates, toleratesNominal, minimalCuts: cuts }: QuorumData): string {
  const needs = sets
    .map(
      ({ name, size, needed, live }) => `${sets.length > 1 ? `${name} ` : ''}needs ${needed} of ${size}, live ${live}`,
    )
    .join(' and ');
  if (!available) return `${needs} -> no majority: writes have stopped`;
  const nominal = tolerates === toleratesNominal ? '' : ` (${toleratesNominal} when all are up)`;
  const lost = sets.length > 1 ? `   stops if lost: ${describeCuts(cuts)}` : '';
  return `${needs} -> tolerates ${tolerates} more failure${tolerates === 1 ? '' : 's'}${nominal}${lost}`;
}
