import { describe, expect, it } from 'vitest';
import { RaftctlError } from '../../src/base/errors.js';
import {
  checkJson,
  checkKey,
  checkKeyPart,
  jsonProblem,
  KV_JSON_DEPTH_MAX,
  KV_KEY_BYTES_MAX,
  keyProblem,
} from '../../src/base/kv-limits.js';

describe('a key', () => {
  it.each(['a', '/a/b', '..', '__proto__', 'constructor', '\0', '\u202e', ' ', '😀', 'é'.repeat(KV_KEY_BYTES_MAX / 2)])(
    'may be %j',
    (key) => {
      expect(keyProblem(key)).toBeUndefined();
    },
  );

  it.each([
    ['', 'empty'],
    ['a'.repeat(KV_KEY_BYTES_MAX + 1), '1025 bytes'],
    [`${'é'.repeat(KV_KEY_BYTES_MAX / 2)}a`, '1025 bytes'],
    ['\ud800', 'surrogate'],
    ['a\udc00b', 'surrogate'],
  ])('may not be %j', (key, why) => {
    expect(keyProblem(key)).toContain(why);
    expect(() => checkKey(key)).toThrow(RaftctlError);
  });

  it('may have an empty prefix', () => {
    expect(() => checkKeyPart('')).not.toThrow();
    expect(() => checkKeyPart('\ud800')).toThrow(RaftctlError);
  });
});

describe('a value', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

  it.each(['0', 'null', '""', '" [[[ "', '{"a":[1,{"b":"\\"]"}]}', nested(KV_JSON_DEPTH_MAX)])('may be %s', (text) => {
    expect(jsonProblem(text)).toBeUndefined();
  });

  it.each([
    ['', 'empty'],
    ['{', 'not JSON'],
    ["{'a':1}", 'not JSON'],
    ['NaN', 'not JSON'],
    ['"\ud800"', 'surrogate'],
    [nested(KV_JSON_DEPTH_MAX + 1), 'nested 129 deep'],
    ['['.repeat(1_000_000), 'nested 1000000 deep'],
  ])('may not be text like %.20s', (text, why) => {
    expect(jsonProblem(text)).toContain(why);
    expect(() => checkJson(text)).toThrow(RaftctlError);
  });
});
