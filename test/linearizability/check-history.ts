import { type HistoryStep, type Operation, operationsByKey } from './history.js';
import { isLinearizable } from './linearizable.js';

/** Why a history cannot be that of registers that take one call after the other; undefined where it can. */
export function checkHistory(steps: readonly HistoryStep[]): string | undefined {
  for (const [key, operations] of operationsByKey(steps)) {
    const backwards = indexGoesBack(operations);
    if (backwards !== undefined) return `key ${key}: ${backwards}`;
    const verdict = isLinearizable(operations);
    if (verdict !== 'yes') {
      const what = verdict === 'no' ? 'is not linearizable' : 'is too hard to judge';
      return `key ${key} ${what}: ${operations.length} operations`;
    }
  }
  return undefined;
}

/**
 * The cheap oracle: what was answered at one place of the log is over before anything is called that is answered at an earlier place. Says
 * more than values do, as it holds over all of a key's calls, and fails for another reason than the search does.
 */
function indexGoesBack(operations: readonly Operation[]): string | undefined {
  const returned = operations.filter(({ answer }) => answer !== undefined).sort((a, b) => a.returnedAt - b.returnedAt);
  const called = operations.filter(({ answer }) => answer !== undefined);
  let at = 0;
  let highest = 0;
  for (const { calledAt, answer, call } of called) {
    for (let next = returned[at]; next !== undefined && next.returnedAt < calledAt; next = returned[++at]) {
      highest = Math.max(highest, next.answer?.index ?? 0);
    }
    if (answer !== undefined && answer.index < highest) {
      return `a ${call.f} was answered from index ${answer.index}, after another that was answered from ${highest}`;
    }
  }
  return undefined;
}
