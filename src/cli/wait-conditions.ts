import { RaftctlError } from '../base/errors.js';
import type { Client, ClusterView } from '../client/index.js';
import { parseId } from './flag-values.js';
import { type ClusterStatusData, type NodeData, toStatusData } from './status-data.js';
import { phaseNames, resultNames } from './wire-names.js';

/** What one look at the cluster says of a condition. */
export interface Finding {
  readonly met: boolean;
  /** How it stands, in a few words. */
  readonly detail: string;
  /** Waiting does not help any more. */
  readonly impossible: boolean;
}

/** What a condition may ask the cluster beyond what the view says. */
export type Asked = Pick<Client, 'changes'>;

/** Something to wait for. A condition may remember what it saw, so it belongs to one wait. */
export interface Condition {
  readonly text: string;
  check(data: ClusterStatusData, client: Asked): Finding | Promise<Finding>;
}

/** A finding with the condition that it is about. */
export type NamedFinding = Finding & { readonly text: string };

const grammar = [
  'leader, healthy, tolerance=N, config=stable, change=ID, version=X',
  'node=ID:ready, node=ID:caught-up, node=ID:reachable, index>=N, index>=N@all',
];

/** Reads a condition. @throws RaftctlError E_USAGE with all that there are */
export function parseCondition(text: string): Condition {
  const check = fixed[text] ?? parameterized(text);
  if (check === undefined) {
    const facts = [`there are: ${grammar[0]},`, `  ${grammar[1]}`];
    throw new RaftctlError('E_USAGE', `"${text}" is no condition to wait for`, { facts });
  }
  return { text, check };
}

/** What the conditions say of a view. */
export async function checkAll(
  conditions: readonly Condition[],
  view: ClusterView,
  client: Asked,
): Promise<readonly NamedFinding[]> {
  const data = toStatusData(view, new Date());
  return Promise.all(conditions.map(async ({ text, check }) => ({ text, ...(await check(data, client)) })));
}

function finding(met: boolean, detail: string): Finding {
  return { met, detail, impossible: false };
}

const fixed: Readonly<Record<string, Condition['check']>> = {
  leader: ({ leader }) =>
    finding(leader !== null, leader === null ? 'there is none' : `node ${leader.id}, term ${leader.term}`),
  healthy: ({ health }) => finding(health === 'healthy', health),
  'config=stable': ({ config, change }) =>
    finding(
      !config.joint && change === null,
      change === null ? `${config.phase} @${config.index}` : `change ${change} is running`,
    ),
};

const nodeStates = { ready, 'caught-up': caughtUp, reachable } as const;

function parameterized(text: string): Condition['check'] | undefined {
  const [, tolerance] = /^tolerance=([0-9]+)$/.exec(text) ?? [];
  if (tolerance !== undefined) return tolerates(Number(tolerance));
  const [, id, state] = /^node=([^:]+):(ready|caught-up|reachable)$/.exec(text) ?? [];
  if (id !== undefined && state !== undefined) return nodeStates[state as keyof typeof nodeStates](parseId(id));
  const [, index, all] = /^index>=([0-9]+)(@all)?$/.exec(text) ?? [];
  if (index !== undefined) return applied(Number(index), all !== undefined);
  const [, change] = /^change=(\S+)$/.exec(text) ?? [];
  if (change !== undefined) return ended(change);
  const [, version] = /^version=(\S+)$/.exec(text) ?? [];
  return version === undefined ? undefined : runs(version);
}

function tolerates(wanted: number): Condition['check'] {
  return ({ quorum }) =>
    finding(
      quorum.available && quorum.tolerates >= wanted,
      quorum.available ? `tolerates ${quorum.tolerates}` : 'no majority',
    );
}

/** The member itself, or why it cannot be had. */
function memberOf(id: number, nodes: readonly NodeData[]): NodeData | string {
  const node = nodes.find((candidate) => candidate.id === id);
  if (node === undefined || node.set === '-') return 'not a member';
  return node.reachable ? node : (node.error?.message ?? 'unreachable');
}

function reachable(id: number): Condition['check'] {
  return ({ nodes }) => {
    const node = memberOf(id, nodes);
    if (typeof node === 'string') return finding(false, node);
    const heard = node.progress?.recentActive !== false;
    return finding(heard, heard ? 'answers' : 'answers here, but not the leader');
  };
}

function ready(id: number): Condition['check'] {
  return ({ nodes, leader }) => {
    const node = memberOf(id, nodes);
    if (typeof node === 'string') return finding(false, node);
    const replicates = leader?.id === id || node.progress?.state === 'replicate';
    const detail = leader === null ? 'no leader' : (node.progress?.state ?? 'leader');
    return finding(leader !== null && replicates, detail);
  };
}

/** Caught up with what was committed when the wait began: a busy log has no end to reach. */
function caughtUp(id: number): Condition['check'] {
  let target: number | undefined;
  return ({ nodes, leader, log }) => {
    if (leader !== null) target ??= log.commit;
    const node = memberOf(id, nodes);
    if (typeof node === 'string') return finding(false, node);
    if (target === undefined || node.applied === null) return finding(false, 'no leader');
    return finding(node.applied >= target, `applied ${node.applied} of ${target}`);
  };
}

function applied(index: number, everywhere: boolean): Condition['check'] {
  return ({ nodes, leader }) => {
    const members = nodes.filter(({ set, id }) => (everywhere ? set !== '-' : id === leader?.id));
    const lowest = Math.min(...members.map((node) => node.applied ?? 0));
    return finding(
      members.length > 0 && lowest >= index,
      members.length === 0 ? 'no leader' : `applied ${lowest} of ${index}`,
    );
  };
}

function runs(version: string): Condition['check'] {
  return ({ nodes }) => {
    const others = nodes.filter((node) => node.set !== '-' && node.version !== version);
    const named = others.map((node) => `${node.name} ${node.version ?? 'does not answer'}`);
    return finding(others.length === 0, others.length === 0 ? 'all nodes' : named.join(', '));
  };
}

/** Ended as it was meant to. One that was taken back or given up will never be. */
function ended(id: string): Condition['check'] {
  return async ({ change: running, changeState }, client) => {
    if (running === id && changeState !== null) return finding(false, changeState.phase);
    try {
      const { change } = await client.changes.get(id);
      if (change === undefined) return { met: false, detail: 'there is no such change', impossible: true };
      const result = resultNames[change.result];
      if (result === 'running') return finding(false, phaseNames[change.phase]);
      const detail = result === 'done' || change.text === '' ? result : `${result}: ${change.text}`;
      return { met: result === 'done', detail, impossible: result !== 'done' };
    } catch (thrown) {
      if (!(thrown instanceof RaftctlError)) throw thrown;
      return { met: false, detail: thrown.message, impossible: thrown.code === 'E_NOT_FOUND' };
    }
  };
}
