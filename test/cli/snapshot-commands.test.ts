import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import SnapshotDecode from '../../commands/snapshot/decode.js';
import SnapshotDiff from '../../commands/snapshot/diff.js';
import SnapshotInspect from '../../commands/snapshot/inspect.js';
import { KvRecord } from '../../src/gen/raftctl/v1/kv.js';
import { Member } from '../../src/gen/raftctl/v1/member.js';
import { memberRecords } from '../../src/node/members.js';
import { snapshotFile } from '../storage/store-fixture.js';
import { documentOf, runCommand } from './run-command.js';

const folder = mkdtempSync(join(tmpdir(), 'raftctl-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A snapshot of a cluster of one with these values in its hash table. */
function fileOf(name: string, values: Readonly<Record<string, string>>): string {
  const path = join(folder, name);
  const records = Object.entries(values).map(([key, value]) => ({
    key: Buffer.from(`\x01${key}`),
    value: KvRecord.encode({ value, version: 1, modifiedIndex: 4 }).finish(),
  }));
  const members = memberRecords([Member.create({ id: 1, name: 'n1', address: '10.0.0.1:7400' })], [1]);
  writeFileSync(path, snapshotFile({ index: 50, term: 2 }, [records, members]));
  return path;
}

const monday = fileOf('monday.snap', { 'app/colour': '"green"', 'app/size': '123456789012345678901234567890' });
const tuesday = fileOf('tuesday.snap', { 'app/colour': '"red"', 'app/shape': '1' });

describe('snapshot inspect', () => {
  test('shows what the file is of, and what is in it', async () => {
    const { stdout, exitCode } = await runCommand(SnapshotInspect, 'snapshot inspect', [monday]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ID {7}50-2$/m);
    expect(stdout).toMatch(/^INDEX {4}50$/m);
    expect(stdout).toMatch(/incarnation \?$/m);
    expect(stdout).toMatch(/^kv {6}app\/ {4}2 /m);
    expect(stdout).toMatch(/^member {2}- {7}1 /m);
  });

  test('ends with exit 14 where the file is damaged', async () => {
    const path = join(folder, 'cut.snap');
    writeFileSync(path, snapshotFile({ index: 50, term: 2 }, []).subarray(0, -1));
    const run = await runCommand(SnapshotInspect, 'snapshot inspect', [path, '--json']);
    expect([run.exitCode, documentOf(run).errors[0]?.code]).toEqual([14, 'E_CORRUPT']);
  });
});

describe('snapshot decode', () => {
  test('writes a document a line, and every digit of a number', async () => {
    const { stdout, exitCode } = await runCommand(SnapshotDecode, 'snapshot decode', [monday]);
    const lines = stdout.trimEnd().split('\n');
    expect([exitCode, lines.length]).toEqual([0, 3]);
    expect(lines[1]).toContain('"value":123456789012345678901234567890,"version":1');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ type: 'kv', key: 'app/colour', value: 'green' });
    expect(JSON.parse(lines[2] ?? '')).toMatchObject({ type: 'member', id: 1, address: '10.0.0.1:7400', zone: null });
  });

  test('is many documents, not one', async () => {
    const run = await runCommand(SnapshotDecode, 'snapshot decode', [monday, '--json']);
    expect([run.exitCode, documentOf(run).errors[0]?.message]).toEqual([
      2,
      'records are many documents: json is for one',
    ]);
  });
});

describe('snapshot diff', () => {
  test('names what differs, and ends with exit 13 where that is asked for', async () => {
    const run = await runCommand(SnapshotDiff, 'snapshot diff', [monday, tuesday]);
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toMatch(/^~ kv {2}app\/colour .*\n\+ kv {2}app\/shape .*\n- kv {2}app\/size .*\n1 key added/);
    const asked = await runCommand(SnapshotDiff, 'snapshot diff', [monday, tuesday, '--detailed-exitcode', '--json']);
    expect(asked.exitCode).toBe(13);
    expect(documentOf(asked).data).toMatchObject({ same: false, added: 1, removed: 1, changed: 1, truncated: false });
    const same = await runCommand(SnapshotDiff, 'snapshot diff', [monday, monday, '--detailed-exitcode']);
    expect([same.exitCode, same.stdout]).toEqual([0, 'no differences   index 50 -> 50\n']);
  });

  test('writes each difference on a line of its own, the counts last', async () => {
    const { stdout } = await runCommand(SnapshotDiff, 'snapshot diff', [monday, tuesday, '-o', 'ndjson']);
    const documents = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(documents.slice(0, 3).map(({ name }) => name)).toEqual(['app/colour', 'app/shape', 'app/size']);
    expect(documents[3]).toMatchObject({ kind: 'SnapshotDiff', data: { changed: 1, differences: [] } });
  });
});
