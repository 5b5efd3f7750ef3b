import { RaftctlError } from '../base/errors.js';
import { checkKey, checkKeyPart, KV_LIST_BYTES_MAX, KV_LIST_LIMIT_MAX } from '../base/kv-limits.js';
import { KvAnswer, type KvListQuery, type KvPair, KvQuery, KvRecord } from '../gen/raftctl/v1/kv.js';
import type { StateRange, StateRecord, StateView } from '../node/ports.js';

const utf8 = new TextEncoder();
const text = new TextDecoder('utf-8', { ignoreBOM: true });

/** A key as it is kept: its UTF-8 bytes, whose order is the order of keys. */
export function keyBytes(key: string): Uint8Array {
  return utf8.encode(key);
}

/** What a key holds. */
export function readPair(view: StateView, key: string): KvPair | undefined {
  const value = view.get(keyBytes(key));
  return value === undefined ? undefined : { key, ...KvRecord.decode(value) };
}

/**
 * Answers an encoded `KvQuery` with an encoded `KvAnswer`.
 * @throws RaftctlError E_USAGE for bytes that are no query, and for a key or prefix that cannot be one
 */
export function answerKvQuery(view: StateView, query: Uint8Array): Uint8Array {
  return KvAnswer.encode(answer(view, decodeQuery(query))).finish();
}

function answer(view: StateView, { op }: KvQuery): KvAnswer {
  switch (op?.$case) {
    case 'get': {
      checkKey(op.value.key);
      const pair = readPair(view, op.value.key);
      return { pairs: pair === undefined ? [] : [pair], more: false };
    }
    case 'list':
      return list(view, op.value);
    case undefined:
      throw new RaftctlError('E_USAGE', 'the query asks for nothing that the kv state machine knows');
  }
}

/** A page of the keys of a prefix; it ends at the limit of pairs or of bytes, whichever is reached first. */
function list(view: StateView, { prefix, after, limit }: KvListQuery): KvAnswer {
  checkKeyPart(prefix);
  checkKeyPart(after);
  const pairsMax = limit === 0 ? KV_LIST_LIMIT_MAX : Math.min(limit, KV_LIST_LIMIT_MAX);
  const pairs: KvPair[] = [];
  let bytes = 0;
  for (const record of view.range({ ...listRange(prefix, after), limit: pairsMax + 1 })) {
    if (pairs.length === pairsMax || bytes >= KV_LIST_BYTES_MAX) return { pairs, more: true };
    pairs.push(pairOf(record));
    bytes += record.key.length + record.value.length;
  }
  return { pairs, more: false };
}

function listRange(prefix: string, after: string): StateRange {
  const from = keyBytes(prefix);
  // The smallest key after another is that one with a zero byte behind it.
  const behind = after === '' ? from : keyBytes(`${after}\0`);
  const start = compareBytes(behind, from) > 0 ? behind : from;
  const end = endOfPrefix(from);
  return end === undefined ? { start } : { start, end };
}

/** UTF-8 has no byte 0xff, so that the last byte can always be one more. */
function endOfPrefix(prefix: Uint8Array): Uint8Array | undefined {
  const last = prefix.at(-1);
  return last === undefined ? undefined : Uint8Array.of(...prefix.subarray(0, -1), last + 1);
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function pairOf({ key, value }: StateRecord): KvPair {
  return { key: text.decode(key), ...KvRecord.decode(value) };
}

function decodeQuery(query: Uint8Array): KvQuery {
  try {
    return KvQuery.decode(query);
  } catch (cause) {
    throw new RaftctlError('E_USAGE', `the query is no KvQuery: ${query.length} bytes that do not decode`, { cause });
  }
}
