import type { RoundResult } from './round.js';

/** What a run has come to, all its rounds together. */
interface Sum {
  readonly rounds: number;
  readonly failed: number;
  readonly minutes: number;
  readonly operations: { readonly ok: number; readonly fail: number; readonly info: number };
  readonly acknowledged: number;
  readonly keys: number;
  readonly kills: number;
  readonly leaderKills: number;
  readonly killsOfAll: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  /** Terms in which a change was acknowledged. */
  readonly leaders: number;
  readonly longestGapMs: number;
  /** From the last fault to the next acknowledged change; the middle of the rounds, and the worst. */
  readonly recoveryMs: { readonly median: number; readonly worst: number };
  /** States that were hashed, and equal to the others of their cluster. */
  readonly compared: number;
}

/** Adds the rounds of a run up. */
export function sumOf(results: readonly RoundResult[], elapsedMs: number): Sum {
  const total = (pick: (result: RoundResult) => number) => results.reduce((sum, result) => sum + pick(result), 0);
  const recoveries = results.map(({ recoveryMs }) => Math.round(recoveryMs)).sort((a, b) => a - b);
  return {
    rounds: results.length,
    failed: total(({ failure }) => (failure === undefined ? 0 : 1)),
    minutes: Math.round(elapsedMs / 6000) / 10,
    operations: {
      ok: total(({ operations }) => operations.ok),
      fail: total(({ operations }) => operations.fail),
      info: total(({ operations }) => operations.info),
    },
    acknowledged: total(({ acknowledged }) => acknowledged),
    keys: total(({ keys }) => keys),
    kills: total(({ harm }) => harm.kills),
    leaderKills: total(({ harm }) => harm.leaderKills),
    killsOfAll: total(({ harm }) => harm.killsOfAll),
    faults: merged(results.map(({ harm }) => harm.faults)),
    errors: merged(results.map(({ errors }) => errors)),
    leaders: total(({ leaders }) => leaders),
    longestGapMs: Math.max(0, ...results.map(({ longestGapMs }) => longestGapMs)),
    recoveryMs: { median: recoveries[Math.floor(recoveries.length / 2)] ?? 0, worst: recoveries.at(-1) ?? 0 },
    compared: total(({ compared }) => compared),
  };
}

/** One round, on a line. */
export function lineOfRound({ seed, machine, settings, operations, acknowledged, harm, ...rest }: RoundResult): string {
  const verdict = rest.failure === undefined ? 'ok  ' : 'FAIL';
  const calls = `${operations.ok} answered, ${operations.fail} refused, ${operations.info} unknown`;
  const kills = `${harm.kills} kills (${harm.leaderKills} of leaders), ${harm.killsOfAll} of all`;
  const times = `gap ${Math.round(rest.longestGapMs)} ms, back after ${Math.round(rest.recoveryMs)} ms`;
  return `${verdict} ${seed} ${machine} (${settings}): ${calls}, ${acknowledged} changes; ${kills}; ${rest.leaders} leaders; ${times}`;
}

/** All rounds, for people. */
export function textOfSum(sum: Sum): string {
  const { operations, recoveryMs } = sum;
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none';
  const rows = {
    rounds: `${sum.rounds} in ${sum.minutes} minutes, ${sum.failed} failed`,
    kills: `${sum.kills} of one node (${sum.leaderKills} of the leader), ${sum.killsOfAll} of all at once`,
    faults: list(sum.faults),
    operations: `${operations.ok} answered, ${operations.fail} refused, ${operations.info} unknown, on ${sum.keys} keys`,
    acknowledged: `${sum.acknowledged} changes, by ${sum.leaders} leaders`,
    refusals: list(sum.errors),
    'worst gap': `${Math.round(sum.longestGapMs)} ms between two acknowledged changes, faults included`,
    recovery: `${recoveryMs.median} ms in the median, ${recoveryMs.worst} ms at worst, from the last fault to a write`,
    compared: `${sum.compared} states of nodes, each equal to the others of its cluster at one index`,
  };
  return Object.entries(rows)
    .map(([name, text]) => `${`${name}:`.padEnd(14)}${text}\n`)
    .join('');
}

function merged(all: readonly ReadonlyMap<string, number>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const each of all) for (const [name, count] of each) sum[name] = (sum[name] ?? 0) + count;
  return Object.fromEntries(Object.entries(sum).sort(([, a], [, b]) => b - a));
}
