import { RaftctlError } from '../base/errors.js';
import type { BatchItem, Client, ProposeResponse } from '../client/index.js';
import { type ProposalData, toProposalData } from './proposal-data.js';

/** What became of a batch. */
export interface BatchResult {
  readonly data: ProposalData;
  /** What the batch ends with where not all of it was applied. */
  readonly error: RaftctlError | undefined;
}

/** Proposes all items over one stream. @throws RaftctlError where none was applied */
export async function proposeMany(
  client: Client,
  items: Iterable<BatchItem> | AsyncIterable<BatchItem>,
): Promise<BatchResult> {
  let [count, failed] = [0, 0];
  let [first, last]: (ProposeResponse | undefined)[] = [];
  let refusal: { position: number; error: RaftctlError } | undefined;
  for await (const outcome of client.proposeStream(items)) {
    if ('failed' in outcome) {
      failed += 1;
      refusal ??= { position: outcome.position, error: outcome.failed };
      continue;
    }
    count += 1;
    if (first === undefined || outcome.ok.index < first.index) first = outcome.ok;
    if (last === undefined || outcome.ok.index > last.index) last = outcome.ok;
  }
  if (first === undefined || last === undefined) {
    throw refusal?.error ?? new RaftctlError('E_USAGE', 'the batch is empty');
  }
  const data = toProposalData(last, client.clientId, { count, firstIndex: first.index, failed });
  if (refusal === undefined) return { data, error: undefined };
  const facts = [`proposal ${refusal.position + 1}: ${refusal.error.message}`];
  const message = `${failed} of ${failed + count} proposals were refused`;
  return { data, error: new RaftctlError('E_PARTIAL', message, { facts, changed: 'yes' }) };
}
