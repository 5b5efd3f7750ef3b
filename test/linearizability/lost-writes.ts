import { type HistoryStep, type Operation, operationsByKey } from './history.js';

/**
 * Why the last read of a key does not have all that was acknowledged; undefined where it has. Shares nothing with the search for an order: it
 * counts. For histories without `delete`, whose keys are read once more when all is over.
 */
export function lostWrites(steps: readonly HistoryStep[]): string | undefined {
  for (const [key, operations] of operationsByKey(steps)) {
    const lost = lostOfKey(operations);
    if (lost !== undefined) return `key ${key}: ${lost}`;
  }
  return undefined;
}

function lostOfKey(operations: readonly Operation[]): string | undefined {
  const last = operations.findLast(({ call, answer }) => call.f === 'read' && answer !== undefined)?.answer;
  if (last === undefined) return 'was never read';
  const written = new Map<number, string>();
  const unknown = new Set<string>();
  for (const { call, answer } of operations) {
    if (call.f !== 'write' && call.f !== 'cas') continue;
    const value = call.f === 'write' ? call.value : call.to;
    if (answer === undefined) unknown.add(value);
    if (answer === undefined || answer.swapped === false) continue;
    const other = written.get(answer.version);
    if (other !== undefined) return `${other} and ${value} were both acknowledged as version ${answer.version}`;
    written.set(answer.version, value);
  }
  const newest = Math.max(0, ...written.keys());
  if (newest > last.version) {
    return `${written.get(newest)} was acknowledged as version ${newest}, and the last read has version ${last.version}`;
  }
  if (last.version > written.size + unknown.size) {
    return `is at version ${last.version}, but ${written.size} changes were acknowledged and ${unknown.size} may have been made`;
  }
  const there = written.get(last.version);
  const isRight = there === undefined ? last.value == null || unknown.has(last.value) : there === last.value;
  return isRight ? undefined : `the last read has ${last.value}, version ${last.version} was acknowledged as ${there}`;
}
