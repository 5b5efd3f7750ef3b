import type { Session } from '../gen/raftctl/v1/proposal.js';
import { concatBytes, endOfPrefix, readU64, u64Bytes } from './keyspace.js';
import type { ProposalResult } from './node-api.js';
import type { StateRecord, StateTxn, StateView } from './ports.js';

/** Bytes of a client id, at most. */
export const CLIENT_ID_BYTES_MAX = 64;
/** Results kept of one session; one more makes the lowest sequence forgotten, as if the client had said that it has its answer. */
export const SESSION_RESULTS_MAX = 1024;
/** Sessions kept; the least recently used goes first. The same on all nodes, since it decides what is applied. */
export const SESSIONS_MAX = 100_000;
/** Entries within which two uses of a session count as one: so exact is "least recently". */
export const SESSION_USE_GRAIN_ENTRIES = 1024;
/** Results that are looked for one by one rather than as a range. */
const POINT_READS_MAX = 32;
/** Sessions that one entry evicts at most, so that a lowered limit is reached in small steps. */
const EVICTIONS_PER_ENTRY_MAX = 2;

/**
 * Layout of the sessions' keyspace:
 *
 * ```
 *  0                              number of sessions
 *  1 lastUsed                     client id: sessions in the order of their last use, by log index
 *  2 client id                    lastUsed, lowestPending, number of results
 *  3 length, client id, sequence  index, term, result
 * ```
 */
const Table = { count: 0, byUse: 1, session: 2, result: 3 } as const;
const COUNT_KEY = Uint8Array.of(Table.count);
const utf8 = new TextEncoder();

/** A session as it is kept. Invariant: no result has a sequence below `lowestPending`. */
interface SessionRecord {
  readonly lastUsed: number;
  readonly lowestPending: number;
  readonly results: number;
}

/** What a session makes of a proposal: a result, now or from the first time, or a sentence why it was not applied. */
export type SessionOutcome = ProposalResult | { readonly expired: string };

/** Why a session cannot be one; undefined where it can. */
export function sessionProblem(session: Session): string | undefined {
  const length = utf8.encode(session.clientId).length;
  if (length === 0) return 'the client id of the session is empty';
  if (length > CLIENT_ID_BYTES_MAX) {
    return `the client id of the session has ${length} bytes, more than ${CLIENT_ID_BYTES_MAX}`;
  }
  if (!Number.isSafeInteger(session.sequence) || session.sequence < 1) return 'sequences of a session start at 1';
  if (session.lowestPending > session.sequence) {
    return `the session waits for no answer below ${session.lowestPending}, but proposes ${session.sequence}`;
  }
  return undefined;
}

/**
 * Applies a proposal of a session once, however often and in whatever order its client sends it (Thesis §6.3). What is kept is a
 * function of the log alone, so `sessionsMax` must be the same on all nodes of a cluster.
 *
 * A session begins with the first proposal of a client that has had no answer yet (`lowestPending` 0 or 1). Where a client says
 * that it had answers and nothing is known of it, its session was evicted: its proposal is refused as expired, because it might be
 * a repetition of one that was applied. An expired proposal changes nothing.
 *
 * @param txn the sessions' keyspace
 * @param execute applies the command; called once, or not at all
 */
export function applyOnce(
  txn: StateTxn,
  session: Session,
  sessionsMax: number,
  entry: { readonly index: number; readonly term: number },
  execute: () => Uint8Array,
): SessionOutcome {
  const problem = sessionProblem(session);
  if (problem !== undefined) return { expired: problem };

  const client = utf8.encode(session.clientId);
  const known = readSession(txn, client);
  if (known === undefined && session.lowestPending > 1) {
    return { expired: `the session of client ${session.clientId} is not kept any more` };
  }
  if (known !== undefined && session.sequence < known.lowestPending) {
    return {
      expired: `sequence ${session.sequence} of client ${session.clientId} is below ${known.lowestPending}, the lowest it may still ask for`,
    };
  }

  const before = readResult(txn, client, session.sequence);
  const outcome = before ?? { index: entry.index, term: entry.term, result: execute(), duplicate: false };
  if (before === undefined) writeResult(txn, client, session.sequence, outcome);

  const results = (known?.results ?? 0) + (before === undefined ? 1 : 0);
  const { lowestPending, removed } = forgetResults(
    txn,
    client,
    results,
    known?.lowestPending ?? 1,
    session.lowestPending,
  );
  use(txn, client, known, { lastUsed: entry.index, lowestPending, results: results - removed });
  evict(txn, sessionsMax);
  return outcome;
}

/** Sessions that are kept. */
export function countSessions(view: StateView): number {
  const count = view.get(COUNT_KEY);
  return count === undefined ? 0 : readU64(count, 0);
}

/** What stands under one key of the sessions' keyspace. */
export type StoredSession =
  | { readonly type: 'session-count'; readonly sessions: number }
  | { readonly type: 'session-use'; readonly clientId: string; readonly lastUsed: number }
  | {
      readonly type: 'session';
      readonly clientId: string;
      readonly lastUsed: number;
      readonly lowestPending: number;
      readonly results: number;
    }
  | {
      readonly type: 'session-result';
      readonly clientId: string;
      readonly sequence: number;
      readonly index: number;
      readonly term: number;
      readonly result: Uint8Array;
    };

/** Takes a record of the sessions' keyspace apart; undefined where it is none of these. @throws RangeError where it is cut short */
export function decodeSessionRecord({ key, value }: StateRecord): StoredSession | undefined {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  switch (key[0]) {
    case Table.count:
      return { type: 'session-count', sessions: readU64(value, 0) };
    case Table.byUse:
      return { type: 'session-use', clientId: text(value), lastUsed: readU64(key, 1) };
    case Table.session: {
      const [lastUsed, lowestPending, results] = [readU64(value, 0), readU64(value, 8), readU64(value, 16)];
      return { type: 'session', clientId: text(key.subarray(1)), lastUsed, lowestPending, results };
    }
    case Table.result: {
      const end = 2 + (key[1] ?? 0);
      const [clientId, sequence] = [text(key.subarray(2, end)), readU64(key, end)];
      const [index, term] = [readU64(value, 0), readU64(value, 8)];
      return { type: 'session-result', clientId, sequence, index, term, result: value.subarray(16) };
    }
    default:
      return undefined;
  }
}

/**
 * Removes the results in [before, wanted), below which there are none, and the lowest one where there is one too many.
 * @param results how many the session has now
 */
function forgetResults(
  txn: StateTxn,
  client: Uint8Array,
  results: number,
  before: number,
  wanted: number,
): { lowestPending: number; removed: number } {
  const lowestPending = Math.max(before, wanted);
  let removed = 0;
  for (const key of resultsBetween(txn, client, before, lowestPending)) {
    txn.delete(key);
    removed++;
  }
  if (results - removed <= SESSION_RESULTS_MAX) return { lowestPending, removed };
  const prefix = resultPrefix(client);
  const [lowest] = txn.range({ start: resultKey(client, lowestPending), end: endOfPrefix(prefix), limit: 1 });
  if (lowest === undefined) return { lowestPending, removed };
  txn.delete(lowest.key);
  return { lowestPending: readU64(lowest.key, prefix.length) + 1, removed: removed + 1 };
}

/** Keys of the results that are there in [from, to). Mostly that is none or a few, which are asked for one by one: a range costs more. */
function resultsBetween(txn: StateTxn, client: Uint8Array, from: number, to: number): Uint8Array[] {
  if (to - from > POINT_READS_MAX) {
    return Array.from(txn.range({ start: resultKey(client, from), end: resultKey(client, to) }), ({ key }) => key);
  }
  const keys = Array.from({ length: to - from }, (_, offset) => resultKey(client, from + offset));
  return keys.filter((key) => txn.get(key) !== undefined);
}

/** Writes a session down as one of the most recently used; one that was so a moment ago keeps its place, which saves two writes an entry. */
function use(txn: StateTxn, client: Uint8Array, before: SessionRecord | undefined, after: SessionRecord): void {
  const keepsPlace = before !== undefined && after.lastUsed - before.lastUsed < SESSION_USE_GRAIN_ENTRIES;
  const lastUsed = keepsPlace ? before.lastUsed : after.lastUsed;
  if (!keepsPlace) {
    if (before === undefined) txn.put(COUNT_KEY, u64Bytes(countSessions(txn) + 1));
    else txn.delete(byUseKey(before.lastUsed));
    txn.put(byUseKey(lastUsed), client);
  }
  txn.put(sessionKey(client), u64Bytes(lastUsed, after.lowestPending, after.results));
}

/** Removes the least recently used sessions past the limit, with their results. */
function evict(txn: StateTxn, sessionsMax: number): void {
  const excess = Math.min(countSessions(txn) - sessionsMax, EVICTIONS_PER_ENTRY_MAX);
  if (excess <= 0) return;
  const start = Uint8Array.of(Table.byUse);
  const oldest = [...txn.range({ start, end: endOfPrefix(start), limit: excess })];
  for (const { key, value: client } of oldest) {
    const prefix = resultPrefix(client);
    for (const result of [...txn.range({ start: prefix, end: endOfPrefix(prefix) })]) txn.delete(result.key);
    txn.delete(sessionKey(client));
    txn.delete(key);
  }
  txn.put(COUNT_KEY, u64Bytes(countSessions(txn) - oldest.length));
}

function readSession(view: StateView, client: Uint8Array): SessionRecord | undefined {
  const bytes = view.get(sessionKey(client));
  if (bytes === undefined) return undefined;
  return { lastUsed: readU64(bytes, 0), lowestPending: readU64(bytes, 8), results: readU64(bytes, 16) };
}

function readResult(view: StateView, client: Uint8Array, sequence: number): ProposalResult | undefined {
  const bytes = view.get(resultKey(client, sequence));
  if (bytes === undefined) return undefined;
  return { index: readU64(bytes, 0), term: readU64(bytes, 8), result: bytes.subarray(16), duplicate: true };
}

function writeResult(txn: StateTxn, client: Uint8Array, sequence: number, outcome: ProposalResult): void {
  txn.put(resultKey(client, sequence), concatBytes(u64Bytes(outcome.index, outcome.term), outcome.result));
}

const byUseKey = (lastUsed: number) => concatBytes(Uint8Array.of(Table.byUse), u64Bytes(lastUsed));
const sessionKey = (client: Uint8Array) => concatBytes(Uint8Array.of(Table.session), client);
const resultPrefix = (client: Uint8Array) => concatBytes(Uint8Array.of(Table.result, client.length), client);
const resultKey = (client: Uint8Array, sequence: number) => concatBytes(resultPrefix(client), u64Bytes(sequence));
