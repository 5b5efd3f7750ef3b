import { RaftctlError } from '../base/errors.js';
import type { Client, ClusterView } from '../client/index.js';
import { tolerance, voterSets } from '../membership/tolerance.js';
import { checkWarning } from './change-data.js';
import { toRequest } from './change-flags.js';
import { removal } from './change-target.js';
import type { Warning } from './envelope.js';
import { makePlan } from './make-plan.js';
import { toStatusData } from './status-data.js';

/** `data` of a command that answers whether something may be done. */
export interface AnswerData {
  readonly ok: boolean;
  /** Why, in one line. */
  readonly why: string;
  /** Voters that may fail afterwards before writes stop; null where they would have stopped. */
  readonly tolerates: number | null;
}

/** An answer, and what to know before, although nothing stands in the way. */
export interface WarnedAnswer {
  readonly answer: AnswerData;
  readonly warnings: readonly Warning[];
}

/** An answer with its exit code: 5 for no. */
export function answerError({ ok, why }: AnswerData): RaftctlError | undefined {
  return ok ? undefined : new RaftctlError('E_UNHEALTHY', why);
}

/** `yes: …` or `no: …`. */
export function answerText({ ok, why }: AnswerData): string {
  return `${ok ? 'yes' : 'no'}: ${why}`;
}

/** Whether the server would take these members out, and what could fail afterwards. @throws RaftctlError E_NOT_FOUND for an id that is no member */
export async function okToRemove(
  client: Client,
  ids: readonly number[],
  requireTolerance: number,
): Promise<WarnedAnswer> {
  const target = removal(await client.listMembers(), ids);
  if (target.voters?.ids.length === 0) {
    return { answer: { ok: false, why: 'no voter would be left', tolerates: null }, warnings: [] };
  }
  const { data } = await makePlan(client, toRequest(target, {}, true));
  const [now] = data.safety;
  const ahead = data.safety.slice(1).map((phase) => phase.tolerates);
  const worst = ahead.includes(null) ? null : Math.min(...ahead.map((tolerates) => tolerates ?? 0));
  const failed = data.checks.find(({ status }) => status === 'fail');
  const at = `failure tolerance ${now?.tolerates ?? 'none'} -> ${worst ?? 'none'}`;
  const warned = data.checks.filter(({ status }) => status === 'warn');
  const answer = (ok: boolean, why: string) => ({
    answer: { ok, why, tolerates: worst },
    warnings: ok ? warned.map(checkWarning) : [],
  });
  if (failed !== undefined) return answer(false, `${failed.id}: ${failed.message}`);
  if (worst === null) return answer(false, 'too few of the voters that stay are live: writes would stop');
  if (worst < requireTolerance) return answer(false, `${at}, and ${requireTolerance} is required`);
  const passed = warned.length === 0 ? 'every check passes' : 'no check fails';
  return answer(true, `${passed}, ${at}${worst === 0 && now?.tolerates !== 0 ? ': no margin is left' : ''}`);
}

/**
 * Whether so many voters may be added: whether the live voters of now would be enough although none of the new ones ever starts.
 */
export function okToAdd(view: ClusterView, count: number): AnswerData {
  const { leader, config, change, nodes } = toStatusData(view, new Date());
  const highest = Math.max(0, ...nodes.map(({ id }) => id));
  const added = Array.from({ length: count }, (_, place) => highest + 1 + place);
  const sets = voterSets({ voters: [...config.voters, ...added], votersOutgoing: [...config.votersOutgoing] });
  const live = new Set(
    nodes
      .filter(({ id, reachable, progress }) => id === leader?.id || (progress?.recentActive ?? reachable))
      .map(({ id }) => id),
  );
  const without = tolerance(sets, live);
  const full = tolerance(sets, new Set([...live, ...added]));
  const tolerates = without < 0 ? null : without;
  const voters = config.voters.length + count;
  const needs = `${voters} voters need ${Math.floor(voters / 2) + 1}`;
  const alive = config.voters.filter((id) => live.has(id)).length;
  if (leader === null) return { ok: false, why: 'there is no leader', tolerates };
  if (change !== null) return { ok: false, why: `change ${change} is running`, tolerates };
  if (config.joint) return { ok: false, why: 'the configuration is joint', tolerates };
  if (tolerates === null) {
    return {
      ok: false,
      why: `${needs}, and ${alive} are live: writes would stop if the new ones did not start`,
      tolerates,
    };
  }
  const even = voters % 2 === 0 ? `; ${voters} tolerate no more than ${voters - 1} do` : '';
  return {
    ok: true,
    why: `${needs}, ${alive} are live without the new ones; tolerates ${full} with them${even}`,
    tolerates,
  };
}
