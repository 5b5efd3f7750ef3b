import { RaftctlError } from '../base/errors.js';
import type { TransferLeaderResponse } from '../client/index.js';

/** `data` of `leader transfer` and `leader step-down`. */
export interface TransferData {
  readonly from: number;
  /** Null where nobody has taken over yet. */
  readonly to: number | null;
  readonly term: number;
  readonly ms: number;
  readonly result: 'transferred' | 'unchanged' | 'stepped-down';
}

/** What became of the leadership, as data. */
export function toTransferData(
  response: Omit<TransferLeaderResponse, 'unchanged'> & { unchanged?: boolean },
): TransferData {
  const { from, to, term, elapsedMs: ms, unchanged = false } = response;
  const result = unchanged ? 'unchanged' : to === 0 ? 'stepped-down' : 'transferred';
  return { from, to: to || null, term, ms, result };
}

/** `leader n3 term 8`. */
export function transferText({ from, to, term }: TransferData): string {
  return to === null ? `n${from} stepped down in term ${term}` : `leader n${to} term ${term}`;
}

/** Whom the leadership is to go to; undefined lets the leader choose. @throws RaftctlError E_USAGE where both are asked for */
export function singleTarget(id: number | undefined, auto: boolean): number | undefined {
  if (id === undefined || !auto) return id;
  throw new RaftctlError('E_USAGE', `--auto lets the leader choose, and ${id} is a choice`, { hint: 'leave one out' });
}
