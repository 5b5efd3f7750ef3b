import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import KvDelete from '../../commands/kv/delete.js';
import KvGet from '../../commands/kv/get.js';
import KvList from '../../commands/kv/list.js';
import KvPut from '../../commands/kv/put.js';
import { documentText } from '../../src/cli/output-mode.js';
import { RawJson } from '../../src/cli/raw-json.js';
import { type FakeNode, startTrio } from '../client/fake-node.js';
import { bareEnvironment } from './bare-environment.js';
import { documentOf, runCommand } from './run-command.js';

let nodes: [FakeNode, FakeNode, FakeNode];
let at: string[];

beforeEach(async () => {
  bareEnvironment();
  nodes = await startTrio();
  at = ['-e', nodes[0].address];
});

afterEach(() => {
  for (const node of nodes) node.stop();
  vi.unstubAllEnvs();
});

describe('a value is given back as it was stored', () => {
  const values = ['12345678901234567890', '1e999', '1.0', '0.10000000000000000000001', '{"a" : 1e400}', '"raw-0"'];

  test.each(values)('%s, to people and to programs', async (value) => {
    nodes[0].on('get', () => ({ pair: { key: 'n', value, version: 1, modifiedIndex: 5 }, index: 5 }));
    nodes[0].on('list', () => ({ pairs: [{ key: 'n', value, version: 1, modifiedIndex: 5 }], more: false, index: 5 }));
    expect((await runCommand(KvGet, 'kv:get', ['n', ...at])).stdout).toBe(`${value}\n`);
    expect((await runCommand(KvList, 'kv:list', at)).stdout).toContain(`  ${value}\n`);
    for (const form of ['json', 'ndjson', 'yaml']) {
      const run = await runCommand(KvGet, 'kv:get', ['n', ...at, '-o', form]);
      expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/"?value"?: ?/) });
      expect(run.stdout).toContain(value);
      expect((form === 'yaml' ? parse(run.stdout) : documentOf(run)).data.key).toBe('n');
    }
  });

  test('in one line where lines are counted, although it was stored in several', async () => {
    const value = '{\n  "crew": 6\n}';
    nodes[0].on('get', () => ({ pair: { key: 'n', value, version: 1, modifiedIndex: 5 }, index: 5 }));
    expect((await runCommand(KvGet, 'kv:get', ['n', ...at])).stdout).toBe(`${value}\n`);
    const line = await runCommand(KvGet, 'kv:get', ['n', ...at, '-o', 'ndjson']);
    expect(line.stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(documentOf(line).data).toMatchObject({ value: { crew: 6 } });
  });

  test('and what stood there before a write as well', async () => {
    const prev = { key: 'n', value: '12345678901234567890', version: 1, modifiedIndex: 5 };
    nodes[0].on('put', () => ({ index: 6, term: 1, version: 2, prev }));
    const run = await runCommand(KvPut, 'kv:put', ['n', '1', ...at, '--json']);
    expect(run.stdout).toContain('"value": 12345678901234567890');
  });

  test('many raw values keep their places', async () => {
    const raws = ['1', '"two"', '[3]'].map((text) => new RawJson(text));
    expect(JSON.parse(await documentText({ raws }, 'json'))).toEqual({ raws: [1, 'two', [3]] });
    expect(parse(await documentText({ raws }, 'yaml'))).toEqual({ raws: [1, 'two', [3]] });
  });
});

describe('a key cannot colour the terminal nor begin a line', () => {
  const key = 'k\u001b[31m\n';
  const safe = 'k\\u{1b}[31m\\n';

  test('when it is written', async () => {
    nodes[0].on('put', () => ({ index: 6, term: 1, version: 2 }));
    expect((await runCommand(KvPut, 'kv:put', [key, '1', ...at])).stdout).toBe(`${safe} version 2 index 6\n`);
    expect((await runCommand(KvPut, 'kv:put', [key, '1', ...at, '-o', 'name'])).stdout).toBe(`key/${safe}\n`);
  });

  test('when it is deleted', async () => {
    nodes[0].on('delete', () => ({ index: 7, term: 1, deleted: true }));
    expect((await runCommand(KvDelete, 'kv:delete', [key, ...at])).stdout).toBe(`${safe} deleted index 7\n`);
  });
});
