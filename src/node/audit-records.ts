import type { HistoryEvent } from '../gen/raftctl/v1/history.js';
import { appendEvent, newestEvents } from './history.js';
import type { StateTxn } from './ports.js';

/** Events among which a record is looked for that may have been written down before. */
const REPEATED_WITHIN_EVENTS = 256;

/**
 * Writes an event down, while its entry is applied. An audit record that its node has sent twice, because the answer was lost, is written down
 * once.
 *
 * @param txn the node's whole keyspace
 */
export function recordEvent(txn: StateTxn, index: number, event: HistoryEvent): void {
  const id = event.audit?.requestId ?? '';
  const isRepeated = (known: HistoryEvent) => known.node === event.node && known.audit?.requestId === id;
  if (id !== '' && [...newestEvents(txn, REPEATED_WITHIN_EVENTS)].some(isRepeated)) return;
  appendEvent(txn, index, event);
}
