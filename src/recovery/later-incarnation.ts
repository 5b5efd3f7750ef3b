import { digestOf } from './sealed-document.js';

/** By how much an incarnation is at most later than the one before. It is a uint32 on the wire: that leaves room for 65535 recoveries. */
const INCARNATION_STEP_MAX = 2 ** 16;

/**
 * The incarnation that a plan leads to: later than the one before, by a number that follows from what the plan does. Where two plans are
 * made of parts of one cluster, against all advice, the nodes of the two outcomes refuse each other; were it the next number for both,
 * they would take each other for one cluster. Two plans that do the same lead to the same.
 */
export function laterIncarnation(before: number, deed: object): number {
  return before + 1 + (Number.parseInt(digestOf(deed).slice(0, 8), 16) % INCARNATION_STEP_MAX);
}
