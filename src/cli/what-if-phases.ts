import { RaftctlError } from '../base/errors.js';
import type { ClusterView } from '../client/index.js';
import { type VoterSets, voterSets } from '../membership/tolerance.js';
import { judgeSituation, type Outcome, type Situation, without } from '../membership/what-if.js';
import { liveIds } from './quorum-data.js';

/** What is supposed to happen; the rest stays as it is seen. */
export interface Assumption {
  readonly down: readonly number[];
  /** Nodes of these zones fail. */
  readonly zones: readonly string[];
  readonly leaderLost: boolean;
  /** Groups that can talk among themselves alone; empty: no partition. A node that is in none belongs to one more group. */
  readonly partition: readonly (readonly number[])[];
  /** Voters to add that are not there. */
  readonly addDead: number;
  /** Phases of a change that runs meanwhile; undefined: none does. */
  readonly during: readonly PlannedPhase[] | undefined;
}

/** A stretch of a planned change. */
export interface PlannedPhase {
  readonly name: string;
  readonly sets: VoterSets;
}

/** Nodes as they are seen, and supposed to be nothing else. */
export function situationOf(view: ClusterView): Situation {
  const { leader, nodes } = view;
  const logs = nodes.flatMap(({ id, status }) =>
    status?.log === undefined ? [] : [[id, { term: status.log.lastTerm, index: status.log.last }] as const],
  );
  const declining = nodes.filter(({ status }) => status?.drained || status?.electionsPaused).map(({ id }) => id);
  return {
    sets: voterSets(view.confState),
    live: liveIds(view),
    leader: leader?.id ?? 0,
    logs: new Map(logs),
    declining: new Set(declining),
  };
}

/** Nodes that can talk among themselves, and what they can do. */
export interface Side {
  readonly name: string;
  readonly situation: Situation;
  readonly outcome: Outcome;
}

/** The phases to judge, each with its sides: one, or those of a partition. @throws RaftctlError E_NOT_FOUND for a node or zone that there is not, E_JOINT where no change can begin */
export function phasesUnder(view: ClusterView, assumption: Assumption): { readonly sides: readonly Side[] }[] {
  const seen = situationOf(view);
  const lost = [
    ...assumption.down.map((id) => requireNode(view, id)),
    ...assumption.zones.flatMap((zone) => nodesOf(view, zone)),
    ...(assumption.leaderLost ? [requireLeader(view)] : []),
  ];
  const highest = Math.max(...view.nodes.map(({ id }) => id));
  const dead = Array.from({ length: assumption.addDead }, (_, at) => highest + 1 + at);
  const known = new Set([...view.nodes.map(({ id }) => id), ...dead]);
  return plannedPhases(seen, assumption, dead).map(({ name, sets }) => {
    const whole = without(withNewcomers({ ...seen, sets }, known), lost);
    if (assumption.partition.length === 0)
      return { sides: [{ name, situation: whole, outcome: judgeSituation(whole) }] };
    return {
      sides: sidesOf(view, whole, assumption.partition).map((side) => ({ ...side, name: `${name} ${side.name}` })),
    };
  });
}

function plannedPhases({ sets }: Situation, { during }: Assumption, dead: readonly number[]): readonly PlannedPhase[] {
  const phases = during ?? [{ name: 'now', sets }];
  if (dead.length === 0) return phases;
  if (phases.length > 1 || sets.length > 1) {
    throw new RaftctlError('E_JOINT', 'no voter can be added while a change of the members is on its way', {
      hint: 'raftctl wait config=stable',
    });
  }
  const before = sets[0] ?? [];
  const after = [...before, ...dead];
  const joint = dead.length > 1 ? [{ name: 'joint', sets: [before, after] }] : [];
  return [...phases, ...joint, { name: 'after', sets: [after] }];
}

/** Voters that no node knows yet are taken to have caught up when their phase begins: a change waits for that. */
function withNewcomers(situation: Situation, known: ReadonlySet<number>): Situation {
  const { sets, live, logs } = situation;
  const newcomers = [...new Set(sets.flat())].filter((id) => !known.has(id));
  const best = [...logs.values()].sort((a, b) => b.term - a.term || b.index - a.index)[0];
  if (best === undefined || newcomers.length === 0) return situation;
  const ends = newcomers.map((id) => [id, best] as const);
  return { ...situation, live: new Set([...live, ...newcomers]), logs: new Map([...logs, ...ends]) };
}

function sidesOf(view: ClusterView, whole: Situation, groups: readonly (readonly number[])[]): Side[] {
  for (const id of groups.flat()) requireNode(view, id);
  const rest = [...new Set([...whole.sets.flat(), ...whole.live])].filter((id) => !groups.flat().includes(id));
  const all = rest.length === 0 ? groups : [...groups, rest.sort((a, b) => a - b)];
  return all.map((group) => {
    const outside = [...whole.live].filter((id) => !group.includes(id));
    const situation = without(whole, outside);
    return { name: `{${group.join(',')}}`, situation, outcome: judgeSituation(situation) };
  });
}

function requireNode(view: ClusterView, id: number): number {
  if (view.nodes.some((node) => node.id === id)) return id;
  const ids = view.nodes.map((node) => node.id).join(', ');
  throw new RaftctlError('E_NOT_FOUND', `there is no node ${id}; there are ${ids}`, { hint: 'raftctl member list' });
}

function nodesOf(view: ClusterView, zone: string): number[] {
  const ids = view.nodes.filter(({ member }) => member?.zone === zone).map(({ id }) => id);
  if (ids.length > 0) return ids;
  const zones = [...new Set(view.nodes.flatMap(({ member }) => member?.zone || []))].sort();
  const there = zones.length === 0 ? 'no member has a zone' : `there are ${zones.join(', ')}`;
  throw new RaftctlError('E_NOT_FOUND', `no member is in zone "${zone}"; ${there}`, { hint: 'raftctl member list' });
}

function requireLeader({ leader, absence }: ClusterView): number {
  if (leader !== undefined) return leader.id;
  throw absence ?? new RaftctlError('E_NO_LEADER', 'there is no leader to lose');
}

/** The assumption in words. */
export function describeAssumption(view: ClusterView, assumption: Assumption): string[] {
  const name = (id: number) => view.nodes.find((node) => node.id === id)?.name ?? `n${id}`;
  const { down, zones, leaderLost, partition, addDead, during } = assumption;
  const parts: string[] = [];
  if (down.length > 0) parts.push(`${down.map(name).join(', ')} down`);
  for (const zone of zones) parts.push(`zone ${zone} down (${nodesOf(view, zone).map(name).join(', ')})`);
  if (leaderLost && view.leader !== undefined) parts.push(`the leader ${name(view.leader.id)} lost`);
  if (partition.length > 0) parts.push(`partition ${partition.map((group) => `{${group.join(',')}}`).join(' | ')}`);
  if (addDead > 0)
    parts.push(`${addDead} more voter${addDead === 1 ? '' : 's'} that ${addDead === 1 ? 'is' : 'are'} not there`);
  if (during !== undefined) parts.push('during the planned change, its new voters caught up');
  return parts;
}
