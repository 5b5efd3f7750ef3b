import { EventType, HistoryEvent } from '../gen/raftctl/v1/history.js';
import { concatBytes, KeyspacePrefix, readU64, scopedTxn, scopedView, u64Bytes } from './keyspace.js';
import type { StateRecord, StateTxn, StateView } from './ports.js';

/** Events kept; the oldest goes first. The same on all nodes, since it decides what the keyspace holds. */
export const HISTORY_EVENTS_MAX = 2000;

/**
 * Layout of the history's keyspace:
 *
 * ```
 *  0        number of events, and the sequence number of the newest one that was deleted
 *  1 seq    event
 * ```
 */
const Table = { summary: 0, event: 1 } as const;
const SUMMARY_KEY = Uint8Array.of(Table.summary);
const FIRST_EVENT = Uint8Array.of(Table.event);

/** An event that is about to be written down: what is left out is empty. */
export type NewEvent = Partial<Omit<HistoryEvent, 'seq' | 'type' | 'cause'>> & Pick<HistoryEvent, 'type' | 'cause'>;

/**
 * Writes an event down, while the entry at `index` is applied. Every replica does the same, with the same outcome.
 *
 * Its sequence number is `index`; of an entry that makes several, each later one gets the number after the one before. An entry that
 * finds its index taken thus takes the next number that is free. Hence numbers are unique, ascend in the order of what happened, are the
 * same on all nodes, and none is below its entry's index.
 *
 * @param txn the node's whole keyspace
 * @param index of the entry that is applied
 * @returns its sequence number
 */
export function appendEvent(txn: StateTxn, index: number, event: NewEvent): number {
  const table = scopedTxn(txn, KeyspacePrefix.history);
  const { count, forgotten } = readSummary(table);
  const seq = Math.max(index, newestSeq(table) + 1);
  table.put(eventKey(seq), HistoryEvent.encode(HistoryEvent.create({ ...event, seq })).finish());
  const [oldest] = count < HISTORY_EVENTS_MAX ? [] : table.range({ start: FIRST_EVENT, limit: 1 });
  if (oldest !== undefined) table.delete(oldest.key);
  table.put(SUMMARY_KEY, oldest === undefined ? u64Bytes(count + 1, forgotten) : u64Bytes(count, seqOf(oldest.key)));
  return seq;
}

/** What the history holds. */
export interface HistoryBounds {
  /** Sequence number of the oldest event; 0 where there is none. */
  readonly oldest: number;
  /** Sequence number of the newest event; 0 where there is none. */
  readonly newest: number;
  /** Sequence number of the newest event that is not kept any more; 0 where all are. */
  readonly forgotten: number;
}

/** @param view a node's whole keyspace */
export function historyBounds(view: StateView): HistoryBounds {
  const table = scopedView(view, KeyspacePrefix.history);
  const [first] = [...table.range({ start: FIRST_EVENT, limit: 1 })];
  return {
    oldest: first === undefined ? 0 : seqOf(first.key),
    newest: newestSeq(table),
    forgotten: readSummary(table).forgotten,
  };
}

/**
 * Events after `since`, oldest first.
 * @param view a node's whole keyspace
 * @param types of which there are to be any; empty: all but audit records
 */
export function* eventsAfter(view: StateView, since: number, types: readonly EventType[]): Iterable<HistoryEvent> {
  for (const event of allEventsAfter(view, since)) if (isOfTypes(event, types)) yield event;
}

/** Events after `since` of every type, oldest first. @param view a node's whole keyspace */
export function* allEventsAfter(view: StateView, since: number): Iterable<HistoryEvent> {
  if (since >= Number.MAX_SAFE_INTEGER) return;
  const table = scopedView(view, KeyspacePrefix.history);
  for (const { value } of table.range({ start: eventKey(since + 1) })) yield HistoryEvent.decode(value);
}

/** Whether somebody wants an event who asks for these types; empty: all but audit records. */
export function isOfTypes({ type }: HistoryEvent, types: readonly EventType[]): boolean {
  return types.length === 0 ? type !== EventType.AUDIT : types.includes(type);
}

/** Newest events, the newest first. @param txn a node's whole keyspace */
export function* newestEvents(view: StateView, limit: number): Iterable<HistoryEvent> {
  const table = scopedView(view, KeyspacePrefix.history);
  for (const { value } of table.range({ start: FIRST_EVENT, limit, reverse: true })) yield HistoryEvent.decode(value);
}

/** What stands under one key of the history's keyspace. */
export type StoredHistory =
  | { readonly type: 'event-summary'; readonly events: number; readonly forgotten: number }
  | { readonly type: 'event'; readonly event: HistoryEvent };

/** Takes a record of the history's keyspace apart; undefined where it is none of these. @throws Error where it makes no sense */
export function decodeHistoryRecord({ key, value }: StateRecord): StoredHistory | undefined {
  if (key[0] === Table.event) return { type: 'event', event: HistoryEvent.decode(value) };
  if (key[0] !== Table.summary) return undefined;
  return { type: 'event-summary', events: readU64(value, 0), forgotten: readU64(value, 8) };
}

function newestSeq(table: StateView): number {
  const [last] = [...table.range({ start: FIRST_EVENT, limit: 1, reverse: true })];
  return last === undefined ? 0 : seqOf(last.key);
}

function readSummary(table: StateView): { readonly count: number; readonly forgotten: number } {
  const bytes = table.get(SUMMARY_KEY);
  return bytes === undefined ? { count: 0, forgotten: 0 } : { count: readU64(bytes, 0), forgotten: readU64(bytes, 8) };
}

const eventKey = (seq: number) => concatBytes(FIRST_EVENT, u64Bytes(seq));
const seqOf = (key: Uint8Array) => readU64(key, 1);
