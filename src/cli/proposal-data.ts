import type { ProposeResponse } from '../client/index.js';
import { encodeBytes } from './payload.js';

/** `data` of `propose`. */
export interface ProposalData {
  readonly index: number;
  readonly term: number;
  readonly requestId: string;
  /** What the state machine answered; null for nothing. */
  readonly result: string | null;
  readonly resultEncoding: 'utf8' | 'base64' | null;
  /** It had been applied before, under the same request id. */
  readonly duplicate: boolean;
  /** Proposals that were applied. */
  readonly count: number;
  /** Index of the first of them; `index` is that of the last. */
  readonly firstIndex: number;
  readonly failed: number;
}

/** The answer to the last of some proposals as data. */
export function toProposalData(
  last: ProposeResponse,
  requestId: string,
  counts: Pick<ProposalData, 'count' | 'firstIndex' | 'failed'> = { count: 1, firstIndex: last.index, failed: 0 },
): ProposalData {
  const { data, dataEncoding } = encodeBytes(last.result);
  const empty = last.result.length === 0;
  return {
    index: last.index,
    term: last.term,
    requestId,
    result: empty ? null : data,
    resultEncoding: empty ? null : dataEncoding,
    duplicate: last.duplicate,
    ...counts,
  };
}

/** `index 42 term 7`. */
export function proposalText({ index, term, count, firstIndex, duplicate }: ProposalData): string {
  const where = count > 1 ? `${count} proposals, index ${firstIndex}..${index}` : `index ${index}`;
  return `${where} term ${term}${duplicate ? ' (applied before)' : ''}`;
}
