import { RaftctlError } from '../base/errors.js';
import type { ClusterView } from '../client/index.js';
import { STOPPED } from '../membership/tolerance.js';
import { judgeSituation, without } from '../membership/what-if.js';
import { counted, formatIds } from './units.js';
import { situationOf } from './what-if-phases.js';

/** `data` of `node ok-to-stop`. */
export interface OkToStopData {
  readonly ok: boolean;
  /** Why not; or what to know before. */
  readonly reasons: readonly string[];
  /** Failures that are tolerated now, and without the nodes; null where there is no majority. */
  readonly toleratesNow: number | null;
  readonly toleratesThen: number | null;
  /** Whether one of them leads: it hands over before it stops, or there is an election. */
  readonly movesLeader: boolean;
}

/** Whether writes go on when these nodes stop. @throws RaftctlError E_NOT_FOUND for a node that there is not */
export function toOkToStopData(view: ClusterView, ids: readonly number[]): OkToStopData {
  const unknown = ids.find((id) => !view.nodes.some((node) => node.id === id));
  if (unknown !== undefined) {
    throw new RaftctlError('E_NOT_FOUND', `there is no node ${unknown}`, { hint: 'raftctl member list' });
  }
  const now = situationOf(view);
  const before = judgeSituation(now);
  const after = judgeSituation(without(now, ids));
  const movesLeader = view.leader !== undefined && ids.includes(view.leader.id);
  const obstacles = obstaclesTo(view, ids, before.writes, after);
  const margin = (tolerates: number) => (tolerates === STOPPED ? null : tolerates);
  const then = margin(after.tolerates);
  const notes = [
    `${counted(then ?? 0, 'more failure')} tolerated meanwhile${then === 0 ? ': no margin is left' : ''}`,
    ...(movesLeader ? [`node ${view.leader?.id} leads: raftctl node drain ${view.leader?.id} hands over first`] : []),
  ];
  return {
    ok: obstacles.length === 0,
    reasons: obstacles.length === 0 ? notes : obstacles,
    toleratesNow: margin(before.tolerates),
    toleratesThen: then,
    movesLeader,
  };
}

function obstaclesTo(
  view: ClusterView,
  ids: readonly number[],
  writesNow: boolean,
  after: ReturnType<typeof judgeSituation>,
): string[] {
  const reachable = view.nodes.filter(({ status }) => status !== undefined).map(({ id }) => id);
  const left = reachable.filter((id) => !ids.includes(id));
  if (!writesNow) return ['writes have stopped already'];
  if (left.length === 0) return ['nobody else is in reach'];
  if (after.tolerates === STOPPED) return [`without ${formatIds(ids)} there is no majority`];
  if (after.writes) return [];
  return ['of those that stay nobody can lead: they are drained, or lack entries that others have'];
}

/** The answer in words. */
export function okToStopText({ ok, reasons }: OkToStopData): string {
  return [ok ? 'ok to stop' : 'NOT ok to stop', ...reasons.map((reason) => `  ${reason}`)].join('\n');
}

/** What the command ends with; undefined where the answer is yes. */
export function okToStopError({ ok, reasons }: OkToStopData): RaftctlError | undefined {
  return ok ? undefined : new RaftctlError('E_UNHEALTHY', 'writes would stop', { facts: reasons });
}
