import { RaftctlError } from '../base/errors.js';
import type { Client, ClusterView } from '../client/index.js';
import { parseId } from './flag-values.js';
import { type ClusterStatusData, type NodeData, toStatusData } from './status-data.js';
import { formatDuration } from './units.js';

/** What one look at the cluster says of a condition. */
export interface Finding {
  readonly met: boolean;
  /** How it stands, in a few words. */
  readonly detail: string;
}

/** Something to wait for. A condition may remember what it saw, so it belongs to one wait. */
export interface Condition {
  readonly text: string;
  check(data: ClusterStatusData): Finding;
}

const grammar = 'leader, healthy, tolerance=N, node=ID:ready, node=ID:caught-up, config=stable, index>=N, index>=N@all';

/** Reads a condition. @throws RaftctlError E_USAGE with all that there are */
export function parseCondition(text: string): Condition {
  const check = fixed[text] ?? parameterized(text);
  if (check === undefined) {
    throw new RaftctlError('E_USAGE', `"${text}" is no condition to wait for`, { facts: [`there are: ${grammar}`] });
  }
  return { text, check };
}

/** What the conditions say of a view. */
export function checkAll(conditions: readonly Condition[], view: ClusterView): readonly (Finding & { text: string })[] {
  const data = toStatusData(view, new Date());
  return conditions.map((condition) => ({ text: condition.text, ...condition.check(data) }));
}

const fixed: Readonly<Record<string, Condition['check']>> = {
  leader: ({ leader }) => ({
    met: leader !== null,
    detail: leader === null ? 'there is none' : `node ${leader.id}, term ${leader.term}`,
  }),
  healthy: ({ health }) => ({ met: health === 'healthy', detail: health }),
  'config=stable': ({ config, change }) => ({
    met: !config.joint && change === null,
    detail: change === null ? `${config.phase} @${config.index}` : `change ${change} is running`,
  }),
};

function parameterized(text: string): Condition['check'] | undefined {
  const [, tolerance] = /^tolerance=([0-9]+)$/.exec(text) ?? [];
  if (tolerance !== undefined) return tolerates(Number(tolerance));
  const [, id, state] = /^node=([^:]+):(ready|caught-up)$/.exec(text) ?? [];
  if (id !== undefined) return state === 'ready' ? ready(parseId(id)) : caughtUp(parseId(id));
  const [, index, all] = /^index>=([0-9]+)(@all)?$/.exec(text) ?? [];
  if (index !== undefined) return applied(Number(index), all !== undefined);
  return undefined;
}

function tolerates(wanted: number): Condition['check'] {
  return ({ quorum }) => ({
    met: quorum.available && quorum.tolerates >= wanted,
    detail: quorum.available ? `tolerates ${quorum.tolerates}` : 'no majority',
  });
}

function ready(id: number): Condition['check'] {
  return ({ nodes, leader }) => {
    const node = nodes.find((candidate) => candidate.id === id);
    if (node === undefined || node.set === '-') return { met: false, detail: 'not a member' };
    if (!node.reachable) return { met: false, detail: node.error?.message ?? 'unreachable' };
    const replicates = leader?.id === id || node.progress?.state === 'replicate';
    return {
      met: leader !== null && replicates,
      detail: leader === null ? 'no leader' : (node.progress?.state ?? 'leader'),
    };
  };
}

/** Caught up with what was committed when the wait began: a busy log has no end to reach. */
function caughtUp(id: number): Condition['check'] {
  let target: number | undefined;
  return ({ nodes, leader, log }) => {
    if (leader !== null) target ??= log.commit;
    const node: NodeData | undefined = nodes.find((candidate) => candidate.id === id);
    if (node === undefined || node.set === '-') return { met: false, detail: 'not a member' };
    if (!node.reachable || node.applied === null) return { met: false, detail: node.error?.message ?? 'unreachable' };
    if (target === undefined) return { met: false, detail: 'no leader' };
    return { met: node.applied >= target, detail: `applied ${node.applied} of ${target}` };
  };
}

function applied(index: number, everywhere: boolean): Condition['check'] {
  return ({ nodes, leader }) => {
    const members = nodes.filter(({ set, id }) => (everywhere ? set !== '-' : id === leader?.id));
    const lowest = Math.min(...members.map((node) => node.applied ?? 0));
    return {
      met: members.length > 0 && lowest >= index,
      detail: members.length === 0 ? 'no leader' : `applied ${lowest}`,
    };
  };
}

/** `data` of `wait`. */
export interface WaitData {
  readonly met: boolean;
  readonly conditions: readonly { readonly text: string; readonly met: boolean; readonly detail: string }[];
  readonly waitedMs: number;
}

/**
 * Looks, and looks again whenever the cluster changes, until all conditions are met or the time is over.
 * @param timeoutMs 0 looks once
 * @throws RaftctlError for what waiting does not mend: a wrong address, another cluster
 */
export async function waitFor(
  client: Client,
  conditions: readonly Condition[],
  timeoutMs: number,
  say: (line: string) => void,
): Promise<{ readonly data: WaitData; readonly error: RaftctlError | undefined }> {
  const start = performance.now();
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), timeoutMs);
  let findings: readonly (Finding & { text: string })[] = [];
  let problem: RaftctlError | undefined;
  try {
    for await (const sight of client.watch(stop.signal)) {
      if (sight instanceof RaftctlError) {
        if (!sight.retryable && sight.code !== 'E_NOT_BOOTSTRAPPED') throw sight;
        problem = sight;
        findings = conditions.map(({ text }) => ({ text, met: false, detail: sight.message }));
      } else {
        problem = undefined;
        findings = checkAll(conditions, sight);
      }
      for (const { text, met, detail } of findings) say(`${met ? 'met' : 'not yet'}  ${text}  ${detail}`);
      if (findings.every(({ met }) => met) || timeoutMs === 0) break;
    }
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
  const met = findings.length > 0 && findings.every((finding) => finding.met);
  const data = { met, conditions: findings, waitedMs: Math.round(performance.now() - start) };
  return { data, error: met ? undefined : notMet(findings, timeoutMs, problem) };
}

function notMet(
  findings: readonly (Finding & { text: string })[],
  timeoutMs: number,
  problem: RaftctlError | undefined,
) {
  const open = findings.filter(({ met }) => !met);
  const after = timeoutMs === 0 ? '' : ` within ${formatDuration(timeoutMs)}`;
  return new RaftctlError('E_PENDING', `not met${after}: ${open.map(({ text }) => text).join(', ')}`, {
    facts: [...open.map(({ text, detail }) => `${text}: ${detail}`), ...(problem?.facts ?? [])],
  });
}

/** One line for each condition. */
export function waitText({ conditions }: WaitData): string {
  return conditions.map(({ text, met, detail }) => `${met ? 'met' : 'not met'}  ${text}  ${detail}`).join('\n');
}
