import { describe, expect, it } from 'vitest';
import { RaftctlError } from '../../src/base/errors.js';
import { KV_LIST_LIMIT_MAX } from '../../src/base/kv-limits.js';
import { KvQuery } from '../../src/gen/raftctl/v1/kv.js';
import { Kv } from './kv-client.js';

describe('a key', () => {
  it('gets its next version with each write, and starts at 1 again when it is made anew', () => {
    const kv = new Kv();
    expect(kv.put('a', '1')).toEqual({ applied: true, prev: undefined, version: 1 });
    expect(kv.put('a', '2')).toEqual({
      applied: true,
      prev: { key: 'a', value: '1', version: 1, modifiedIndex: 1 },
      version: 2,
    });
    expect(kv.delete('a')).toEqual({
      applied: true,
      prev: { key: 'a', value: '2', version: 2, modifiedIndex: 2 },
      version: 0,
    });
    expect(kv.get('a')).toBeUndefined();
    expect(kv.put('a', '3')).toEqual({ applied: true, prev: undefined, version: 1 });
    expect(kv.get('a')).toEqual({ key: 'a', value: '3', version: 1, modifiedIndex: 4 });
  });

  it('keeps its value to the byte', () => {
    const kv = new Kv();
    kv.put('a', ' { "b" : 1.0 } ');
    expect(kv.get('a')?.value).toBe(' { "b" : 1.0 } ');
  });

  it('that does not exist is not deleted', () => {
    expect(new Kv().delete('a')).toEqual({ applied: false, prev: undefined, version: 0 });
  });

  it.each(['__proto__', 'constructor', '..', '/', '\0', '\u202e', '😀'])('may be %j', (key) => {
    const kv = new Kv();
    kv.put(key, '{"__proto__":1}');
    expect(kv.get(key)).toMatchObject({ key, value: '{"__proto__":1}' });
    expect(kv.list('').pairs.map((pair) => pair.key)).toEqual([key]);
  });
});

describe('compare-and-set', () => {
  it('makes a key only where it is absent', () => {
    const kv = new Kv();
    expect(kv.compareAndSet('a', { $case: 'absent', value: true }, '1')).toMatchObject({ applied: true, version: 1 });
    expect(kv.compareAndSet('a', { $case: 'absent', value: true }, '2')).toMatchObject({ applied: false, version: 1 });
    expect(kv.get('a')?.value).toBe('1');
  });

  it('writes only over the version that is meant; 0 is a key that does not exist', () => {
    const kv = new Kv();
    expect(kv.compareAndSet('a', { $case: 'version', value: 1 }, '1')).toMatchObject({ applied: false, version: 0 });
    expect(kv.compareAndSet('a', { $case: 'version', value: 0 }, '1')).toMatchObject({ applied: true, version: 1 });
    expect(kv.compareAndSet('a', { $case: 'version', value: 1 }, '2')).toMatchObject({ applied: true, version: 2 });
    expect(kv.compareAndSet('a', { $case: 'version', value: 1 }, '3')).toEqual({
      applied: false,
      prev: { key: 'a', value: '2', version: 2, modifiedIndex: 3 },
      version: 2,
    });
  });

  it('takes an expected value as JSON, not as text', () => {
    const kv = new Kv();
    kv.put('a', '{"x":1,"y":2}');
    const expected = { $case: 'value', value: ' {"y":2, "x":1.0}' } as const;
    expect(kv.compareAndSet('a', expected, '{"x":1,"y":2}')).toMatchObject({ applied: true, version: 2 });
    expect(kv.compareAndSet('a', { $case: 'value', value: '{"x":1}' }, '0')).toMatchObject({ applied: false });
    expect(kv.compareAndSet('b', { $case: 'value', value: 'null' }, '0')).toMatchObject({ applied: false, version: 0 });
  });

  it('without a condition, or with one that is no JSON, never writes', () => {
    const kv = new Kv();
    kv.put('a', '1');
    expect(kv.compareAndSet('a', undefined, '2')).toMatchObject({ applied: false, version: 1 });
    expect(kv.compareAndSet('a', { $case: 'value', value: '{' }, '2')).toMatchObject({ applied: false, version: 1 });
  });
});

describe('a listing', () => {
  it('is in the order of the UTF-8 bytes, which is not that of JavaScript strings', () => {
    const kv = new Kv();
    for (const key of ['😀', '\uffee', 'a', 'B', 'ab']) kv.put(key, '0');
    expect(kv.list('').pairs.map(({ key }) => key)).toEqual(['B', 'a', 'ab', '\uffee', '😀']);
    expect(['😀', '\uffee'].toSorted()).toEqual(['😀', '\uffee']);
  });

  it('goes on after a key, whether that is there or not', () => {
    const kv = new Kv();
    for (const key of ['p/1', 'p/1\0', 'p/2', 'q']) kv.put(key, '0');
    expect(kv.list('p/', { limit: 1 })).toMatchObject({ pairs: [{ key: 'p/1' }], more: true });
    expect(kv.list('p/', { after: 'p/1' }).pairs.map(({ key }) => key)).toEqual(['p/1\0', 'p/2']);
    expect(kv.list('p/', { after: 'p/15' })).toMatchObject({ pairs: [{ key: 'p/2' }], more: false });
    expect(kv.list('p/', { after: 'a' }).pairs).toHaveLength(3);
    expect(kv.list('p/', { after: 'z' })).toEqual({ pairs: [], more: false });
  });

  it('has a limit of its own, in pairs and in bytes', () => {
    const kv = new Kv();
    for (let key = 0; key <= KV_LIST_LIMIT_MAX; key += 1) kv.put(`k${key}`, '0');
    expect(kv.list('', { limit: 2 ** 31 })).toMatchObject({ more: true, pairs: { length: KV_LIST_LIMIT_MAX } });
    expect(kv.list('').pairs).toHaveLength(KV_LIST_LIMIT_MAX);
    for (let key = 0; key < 4; key += 1) kv.put(`large${key}`, JSON.stringify('x'.repeat(600_000)));
    expect(kv.list('large')).toMatchObject({ more: true, pairs: { length: 2 } });
    expect(kv.list('large', { after: 'large1' })).toMatchObject({ more: false, pairs: { length: 2 } });
  });
});

describe('whatever is in the log', () => {
  it('a command that makes no sense is a result, and changes nothing', () => {
    const kv = new Kv();
    kv.put('a', '1');
    const before = kv.keyspace.dump();
    const refused = { applied: false, prev: undefined, version: 0 };
    expect(kv.applyBytes(Uint8Array.of(0x0a, 0xff))).toEqual(refused);
    expect(kv.applyBytes(new Uint8Array())).toEqual(refused);
    expect(kv.put('', '1')).toEqual(refused);
    expect(kv.put('k'.repeat(1025), '1')).toEqual(refused);
    expect(kv.delete('')).toEqual(refused);
    expect(kv.put('b', 'no JSON')).toEqual(refused);
    expect(kv.put('a', '['.repeat(200_000))).toMatchObject({ applied: false, version: 1, prev: { value: '1' } });
    expect(kv.keyspace.dump()).toBe(before);
  });

  it('raw bytes are an entry without effect', () => {
    const kv = new Kv();
    const payload = new TextEncoder().encode('x=1');
    expect(kv.machine.apply(kv.keyspace, { index: 1, term: 1, kind: 'raw', payload })).toEqual(new Uint8Array());
    expect(kv.keyspace.size).toBe(0);
  });

  it('has a description that no terminal obeys', () => {
    const kv = new Kv();
    const describe = (key: string) => kv.machine.describe('machine', kv.putCommand(key, '1'));
    expect(describe('a')).toBe('put "a" = 1');
    expect(describe('\u001b[2J\u202e\u009b')).toBe('put "\\u001b[2J\\u{202e}\\u{9b}" = 1');
    expect(describe('x'.repeat(50))).toBe(`put "${'x'.repeat(40)}"… = 1`);
    const put = (value: string) => kv.machine.describe('machine', kv.putCommand('colour', value));
    expect(put('"green"')).toBe('put "colour" = "green"');
    expect(put('{\n  "a": "\u009b"\n}')).toBe('put "colour" = { "a": "\\u{9b}" }');
    expect(kv.machine.describe('raw', new TextEncoder().encode('x=1'))).toBe('raw 3 bytes "x=1"');
    expect(kv.machine.describe('raw', Uint8Array.of(0xff))).toBe('raw 1 byte ff');
    expect(kv.machine.describe('machine', Uint8Array.of(0x0a, 0xff))).toBe('unknown kv command, 2 bytes 0aff');
  });
});

describe('a query that makes no sense', () => {
  it.each([
    ['bytes that are none', Uint8Array.of(0x0a, 0xff)],
    ['nothing', new Uint8Array()],
    ['an empty key', KvQuery.encode({ op: { $case: 'get', value: { key: '' } } }).finish()],
    [
      'a prefix longer than a key',
      KvQuery.encode({ op: { $case: 'list', value: { prefix: 'x'.repeat(1025), limit: 0, after: '' } } }).finish(),
    ],
  ])('(%s) is refused', (_, query) => {
    const kv = new Kv();
    const thrown = (() => {
      try {
        return kv.machine.read(kv.keyspace, query);
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toBeInstanceOf(RaftctlError);
    expect(thrown).toHaveProperty('code', 'E_USAGE');
  });
});
