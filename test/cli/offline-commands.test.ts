import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import OfflineCompact from '../../commands/offline/compact.js';
import OfflineCopy from '../../commands/offline/copy.js';
import OfflineEntries from '../../commands/offline/entries.js';
import OfflineFsck from '../../commands/offline/fsck.js';
import OfflineHash from '../../commands/offline/hash.js';
import OfflineInfo from '../../commands/offline/info.js';
import OfflineReaders from '../../commands/offline/readers.js';
import SnapshotRestoreApply from '../../commands/snapshot/restore/apply.js';
import SnapshotRestorePlan from '../../commands/snapshot/restore/plan.js';
import { silentLogger } from '../../src/base/logger.js';
import { applyWholeLog } from '../../src/node/offline-apply.js';
import { KvMachine } from '../../src/state-machine/index.js';
import { openStore } from '../../src/storage/index.js';
import { stoppedNode, temporaryFolder } from '../daemon/offline-fixture.js';
import { documentOf, runCommand } from './run-command.js';

/** A stopped node with two keys, and a snapshot of it. */
async function node(): Promise<{ dataDir: string; snapshot: string }> {
  const dataDir = await stoppedNode(1, { terms: [1, 1], commit: 3, term: 4 });
  const store = await openStore({ dataDir, nodeId: 1, stateMachine: 'kv', logger: silentLogger });
  await applyWholeLog(store, new KvMachine(), silentLogger);
  const { index, term } = await store.snapshots.create();
  await store.close();
  return { dataDir, snapshot: join(dataDir, 'snapshots', `${index}-${term}.snap`) };
}

describe('a data directory', () => {
  let dataDir: string;
  beforeEach(async () => {
    ({ dataDir } = await node());
  });
  const env = /^ENV {2}.* node 1, stopped {3}transaction \d+\nMAP {2}/;

  test('is shown with which database it is, as of when, and that the node is stopped', async () => {
    const { stdout, exitCode } = await runCommand(OfflineInfo, 'offline info', ['--data-dir', dataDir]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(env);
    expect(stdout).toMatch(/^CLUSTER {3}prod {2}0123456789abcdef0123456789abcdef {3}incarnation 1$/m);
    expect(stdout).toMatch(/^LOG {7}2\.\.3 {3}commit 3 {3}applied 3, term 1$/m);
    expect(stdout).toMatch(/^5 {3}n5 {4}10\.0\.0\.5:7400$/m);
  });

  test('has entries, a hash, and nothing that is damaged', async () => {
    const entries = await runCommand(OfflineEntries, 'offline entries', ['--data-dir', dataDir, '--last', '1']);
    expect(entries.stdout).toMatch(env);
    expect(entries.stdout).toMatch(/^3 .*committed {2}put "key-3"/m);
    const hash = await runCommand(OfflineHash, 'offline hash', ['--data-dir', dataDir]);
    expect(hash.stdout).toMatch(/^index 3 {3}\d+ keys, .* sha256 [0-9a-f]{64}$/m);
    const check = await runCommand(OfflineFsck, 'offline fsck', ['--data-dir', dataDir]);
    expect([check.exitCode, check.stdout]).toEqual([0, expect.stringMatching(/^sound: 2 entries, \d+ records of/m)]);
    const readers = await runCommand(OfflineReaders, 'offline readers', ['--data-dir', dataDir, '--clear-stale']);
    expect(readers.stdout).toMatch(/\n0 stale readers cleared\n$/);
  });

  test('is copied, and compacted only where its cluster was named', async () => {
    const to = join(temporaryFolder(), 'copy');
    const copy = await runCommand(OfflineCopy, 'offline copy', ['--data-dir', dataDir, '--out', to]);
    expect(copy.stdout).toContain(`copied and verified  ${to}`);
    const compact = (...more: string[]) => runCommand(OfflineCompact, 'offline compact', ['--data-dir', to, ...more]);
    expect((await compact()).exitCode).toBe(11);
    expect((await compact('--confirm', 'dev')).exitCode).toBe(11);
    const done = await compact('--confirm', 'prod');
    expect([done.exitCode, done.stdout]).toEqual([0, expect.stringMatching(/^compacted .* -> .* copy: .*\.compact-/)]);
  });
});

describe('snapshot restore', () => {
  test('shows what comes of it before it is confirmed, and is carried out by one plan', async () => {
    const { snapshot } = await node();
    const plan = (...more: string[]) =>
      runCommand(SnapshotRestorePlan, 'snapshot restore plan', [snapshot, '--node', '7=10.0.1.7:7400', ...more]);
    const dry = await plan('--dry-run');
    expect(dry.stdout).toMatch(
      /^RESTORE PLAN {3}cluster prod 0123456789abcdef0123456789abcdef {2}incarnation 1 -> \d+\n/,
    );
    expect(dry.stdout).toMatch(/^ {2}dropped {6}n1, n2, n3, n4, n5$/m);
    expect(dry.stdout).toMatch(/one voter alone survives no failure\nNothing was written\.\n$/);

    const out = join(temporaryFolder(), 'restore.json');
    expect((await plan('--out', out)).exitCode).toBe(11);
    expect((await plan('--out', out, '--confirm', 'prod')).exitCode).toBe(0);
    expect((await plan('--out', out, '--confirm', 'prod')).exitCode).toBe(10);
    const dataDir = join(temporaryFolder(), 'node-7');
    const apply = (...more: string[]) =>
      runCommand(SnapshotRestoreApply, 'snapshot restore apply', [
        ...[out, '--snapshot', snapshot, '--data-dir', dataDir, '--confirm', 'prod'],
        ...more,
      ]);
    const unnamed = await apply('--json');
    expect([unnamed.exitCode, documentOf(unnamed).errors[0]?.hint]).toEqual([2, '--id, one of 7']);
    const applied = await apply('--id', '7');
    expect([applied.exitCode, applied.stdout]).toEqual([0, expect.stringMatching(/^node 7: restored; a voter of /)]);
    expect((await apply()).stdout).toMatch(/^node 7: already restored;/);
  });
});
