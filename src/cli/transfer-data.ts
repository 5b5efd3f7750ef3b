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
