import type { Counters } from './counters.js';

/** Rare paths that many runs together must have met: one that never is, is not tested. */
const SOMETIMES: readonly string[] = [
  'agreed in peace',
  'election lost',
  'pre-vote lost',
  'leader deposed',
  'leader stepped down',
  'joint configuration entered',
  'role changed while joint',
  'snapshot installed',
  'snapshot transfer failed',
  'call of unknown outcome',
  'old message replayed',
  'message duplicated',
  'message lost in a partition',
  'hello refused',
  'refused E_OVERLOADED',
  'node stopped by E_DISK',
  'node stopped by E_CORRUPT',
  'said: stepped down since quorum is not active',
  'said: ignores a configuration change',
  'said: the disk cannot be trusted any more',
  'leader transfer done',
  'leader transfer refused: E_TRANSFER_TIMEOUT',
  'member change done',
  'change abort done',
  'joint left done',
  'drain done',
  'fault: leader crash while joint',
  'fault: disk full',
  'fault: disk stall',
  'fault: flush failure',
  'fault: bit flip',
  'fault: disk wiped',
  'fault: taken over by another cluster',
  'fault: wall clock jump',
  'fault: process pause',
  'fault: one-way partition',
];

/** Those of them that were never met. */
export function missedSometimes(counters: Counters): string[] {
  return SOMETIMES.filter((what) => counters.of(what) === 0);
}
