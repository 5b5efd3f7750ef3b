import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { checkout } from '../tidy/source-tree.js';
import { apisOf, compilerOptions, type PublicApi, publicApis } from './public-api.js';

/**
 * What the package exports, as a user's compiler sees it, against a file that is reviewed: none of it changes unnoticed. After a change that
 * is wanted, `REWRITE=1 npx vitest run test/raft/public-api.test.ts`, and read the difference.
 */

const snapshots = {
  raft: 'test/raft/public-api.txt',
  node: 'test/node/public-api.txt',
  client: 'test/client/public-api.txt',
} as const;
const rooms = ['raft', 'node', 'client'] as const;
const apis = publicApis(rooms);

describe.each(rooms)('raftctl/%s', (room) => {
  const api: PublicApi = apis[room];
  const file = join(checkout, snapshots[room]);

  test('is what was reviewed', () => {
    if (process.env['REWRITE'] === '1') writeFileSync(file, api.text);
    expect(api.text).toBe(readFileSync(file, 'utf8'));
  });

  test('has no export that is `any`', () => expect(api.untyped).toEqual([]));

  test('says of every export what it is', () => expect(api.undocumented).toEqual([]));
});

test('the core exports what its users need', () => {
  for (const name of [
    'class RawNode',
    'class MemStorage',
    'interface Ready',
    'interface Storage',
    'interface Message',
  ]) {
    expect(apis.raft.text).toContain(`${name} `);
  }
  expect(apis.raft.text.split('\n\n').length).toBeGreaterThan(80);
});

describe('planted', () => {
  function apiOf(code: string): PublicApi {
    const file = join(checkout, 'src/planted.ts');
    const options = { ...compilerOptions(), types: [] };
    const host = ts.createCompilerHost(options);
    const { getSourceFile } = host;
    host.getSourceFile = (path, version, ...rest) =>
      path === file ? ts.createSourceFile(path, code, version, true) : getSourceFile(path, version, ...rest);
    return apisOf([file], ['planted'], options, host).planted;
  }

  test('an export without a word about it is found, and so is a method', () => {
    const { undocumented } = apiOf(
      'export const x = 1;\n/** Y. */\nexport class Y { z(): void {} private w(): void {} }',
    );
    expect(undocumented).toEqual(['Y.z', 'x']);
  });

  test('`any` is found, written or inferred', () => {
    const { untyped } = apiOf(
      '/** A. */ export interface A { b: any }\n/** C. */ export const c = JSON.parse("1");\n/** D. */ export type D = "any";',
    );
    expect(untyped).toEqual(['A', 'c']);
  });

  test('another signature is another text', () => {
    const before = apiOf('/** F. */ export function f(a: number): void {}').text;
    expect(before).toBe('function f: (a: number) => void\n');
    expect(apiOf('/** F. */ export function f(a: string): void {}').text).not.toBe(before);
  });
});
