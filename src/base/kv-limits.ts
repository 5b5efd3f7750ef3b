import { RaftctlError } from './errors.js';

/** UTF-8 bytes of a key of the replicated hash table, at most; at least 1. */
export const KV_KEY_BYTES_MAX = 1024;
/** How deep arrays and objects of a value may be nested. */
export const KV_JSON_DEPTH_MAX = 128;
/** Pairs in one page of a listing. */
export const KV_LIST_LIMIT_MAX = 1000;
/** Bytes of keys and values after which a page of a listing ends; one pair is always given. */
export const KV_LIST_BYTES_MAX = 1024 * 1024;

const utf8 = new TextEncoder();

/** Why a string cannot be a key; undefined where it can. */
export function keyProblem(key: string): string | undefined {
  if (key === '') return 'the key is empty';
  return keyPartProblem(key);
}

/** Why no key can start with, or stand beside, a string; undefined where one can. */
export function keyPartProblem(part: string): string | undefined {
  const length = utf8.encode(part).length;
  if (length > KV_KEY_BYTES_MAX) return `the key has ${length} bytes, more than ${KV_KEY_BYTES_MAX}`;
  if (/\p{Surrogate}/u.test(part)) return 'the key is not well-formed text: it has half of a surrogate pair';
  return undefined;
}

/**
 * Why a text cannot be a value; undefined where it can. The nesting is bounded so that comparing two values needs a bounded stack on
 * every replica.
 */
export function jsonProblem(text: string): string | undefined {
  if (text === '') return 'the value is empty, which is not JSON';
  if (/\p{Surrogate}/u.test(text)) return 'the value is not well-formed text: it has half of a surrogate pair';
  const depth = nestingDepth(text);
  if (depth > KV_JSON_DEPTH_MAX) return `the value is nested ${depth} deep, more than ${KV_JSON_DEPTH_MAX}`;
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    return 'the value is not JSON';
  }
}

/** @throws RaftctlError E_USAGE for what cannot be a key */
export function checkKey(key: string): void {
  refuse(keyProblem(key));
}

/** @throws RaftctlError E_USAGE for what cannot be a prefix of a key, or the place in a listing to go on after */
export function checkKeyPart(part: string): void {
  refuse(keyPartProblem(part));
}

/** @throws RaftctlError E_USAGE for what cannot be a value */
export function checkJson(text: string): void {
  refuse(jsonProblem(text));
}

function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new RaftctlError('E_USAGE', problem);
}

/** Deepest nesting of a JSON text, looked for without recursion; some number for a text that is none. */
function nestingDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (quoted && char === '\\') at += 1;
    else if (char === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (char === '[' || char === '{') {
      depth += 1;
      deepest = Math.max(deepest, depth);
    } else if (char === ']' || char === '}') depth -= 1;
  }
  return deepest;
}
