import { RaftctlError } from '../base/errors.js';
import { checkJson, checkKey } from '../base/kv-limits.js';
import type { KvExpectation, KvPair } from '../client/index.js';
import { readText } from './payload.js';
import { RawJson } from './raw-json.js';
import { escapeControl } from './style.js';

/** `data` of `kv get`. */
export interface KvValueData {
  readonly key: string;
  /** The JSON value as it was stored, digit by digit; null where there is no such key. */
  readonly value: RawJson | null;
  readonly found: boolean;
  /** 0 where there is no such key. */
  readonly version: number;
  readonly modifiedIndex: number | null;
}

/** `data` of `kv put`, `kv delete` and `kv cas`. */
export interface KvWriteData {
  readonly key: string;
  readonly index: number;
  readonly term: number;
  readonly requestId: string;
  /** After the call; 0 where the key does not exist. */
  readonly version: number;
  /** Whether it was written, deleted or swapped. */
  readonly applied: boolean;
  /** What was there before; null for nothing. */
  readonly prev: KvValueData | null;
}

/** A pair as data. */
export function toKvValueData(key: string, pair: KvPair | undefined): KvValueData {
  if (pair === undefined) return { key, value: null, found: false, version: 0, modifiedIndex: null };
  return { key, value: new RawJson(pair.value), found: true, version: pair.version, modifiedIndex: pair.modifiedIndex };
}

/** What was there before a write. */
export function toPrev(key: string, pair: KvPair | undefined): KvValueData | null {
  return pair === undefined ? null : toKvValueData(key, pair);
}

/** A key and the JSON text of a value, as the command line gives them. @throws RaftctlError E_USAGE */
export async function readKeyAndValue(key: string, value: string): Promise<{ key: string; value: string }> {
  checkKey(key);
  const text = (await readText(value)).replace(/\r?\n$/, '');
  try {
    checkJson(text);
  } catch (thrown) {
    if (!(thrown instanceof RaftctlError)) throw thrown;
    const quoted = JSON.stringify(text.slice(0, hintCharsMax));
    throw new RaftctlError('E_USAGE', thrown.message, { hint: `a text is JSON with its quotes: '${quoted}'` });
  }
  return { key, value: text };
}

/** Of a value that is shown as an example. */
const hintCharsMax = 30;

/** Flags of a compare-and-set. */
export interface ExpectFlags {
  readonly 'expect-absent': boolean;
  readonly 'expect-version': number | undefined;
  readonly 'expect-value': string | undefined;
}

/** The one expectation that the flags give. @throws RaftctlError E_USAGE */
export function toExpectation(flags: ExpectFlags): KvExpectation {
  const { 'expect-absent': absent, 'expect-version': version, 'expect-value': value } = flags;
  if ([absent, version !== undefined, value !== undefined].filter(Boolean).length !== 1) {
    throw new RaftctlError('E_USAGE', 'give one of: --expect-absent, --expect-version N, --expect-value JSON');
  }
  if (version !== undefined) return { condition: { $case: 'version', value: version } };
  if (value === undefined) return { condition: { $case: 'absent', value: true } };
  checkJson(value);
  return { condition: { $case: 'value', value } };
}

/** What a compare-and-set ends with that did not swap. */
export function notSwapped(what: string, version: number): RaftctlError {
  const found = version === 0 ? 'it does not exist' : `it has version ${version}`;
  return new RaftctlError('E_CONFLICT', `${what} is not as expected: ${found}`);
}

/** A write that was applied, in one line: `greeting version 3 index 42`. */
export function kvWriteText({ key, version, index }: KvWriteData): string {
  const what = version === 0 ? 'deleted' : `version ${version}`;
  return `${escapeControl(key)} ${what} index ${index}`;
}

/** What a read ends with that found nothing. */
export function noSuchKey(key: string): RaftctlError {
  return new RaftctlError('E_NOT_FOUND', `there is no key "${key}"`, { hint: 'raftctl kv list' });
}
