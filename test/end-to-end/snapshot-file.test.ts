import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from './cluster.js';
import { raftctl } from './raftctl.js';

interface SnapshotFile {
  readonly path: string;
  readonly index: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly verified: boolean;
  readonly stale: boolean;
}

describe('a snapshot in a file', () => {
  let cluster: TestCluster;
  let file: string;
  beforeAll(async () => {
    cluster = await TestCluster.start({ ids: [1, 2, 3], voters: [1, 2, 3] });
    file = join(cluster.folder, 'prod.snap');
    for (const key of ['a', 'b', 'c']) await cluster.succeed(['kv', 'put', key, '1']);
  });
  afterAll(() => cluster.close());
  const verify = (...files: string[]) => raftctl(['snapshot', 'verify', ...files], cluster.folder);

  test('is saved whole and verified, with all that was acknowledged', async () => {
    const { data } = await cluster.run<{ index: number }>(['kv', 'put', 'last', '"acknowledged"']);
    const saved = await cluster.succeed<SnapshotFile>(['snapshot', 'save', file, '--reason', 'nightly']);
    expect(saved).toMatchObject({ path: file, verified: true, stale: false });
    expect(saved.index).toBeGreaterThanOrEqual(data.index ?? 0);
    expect(readFileSync(file).length).toBe(saved.bytes);
    expect(readFileSync(file).includes('acknowledged')).toBe(true);
    expect(readdirSync(cluster.folder).filter((name) => name.endsWith('.partial'))).toEqual([]);
    const verified = await verify(file);
    expect([verified.exitCode, verified.stdout]).toEqual([0, expect.stringContaining(saved.sha256)]);
  });

  test('does not take the place of another file unless that is asked for', async () => {
    const again = await cluster.run(['snapshot', 'save', file]);
    expect([again.exitCode, again.json.errors[0]?.code]).toEqual([10, 'E_CONFLICT']);
    expect((await cluster.run(['snapshot', 'save', file, '--overwrite'])).exitCode).toBe(0);
  });

  test('is not taken for good with one bit flipped, or a byte missing', async () => {
    const good = readFileSync(file);
    const bad = Buffer.from(good);
    bad[Math.floor(bad.length / 2)] = (bad[Math.floor(bad.length / 2)] ?? 0) ^ 1;
    const flipped = join(cluster.folder, 'flipped.snap');
    writeFileSync(flipped, bad);
    expect((await verify(flipped)).exitCode).toBe(14);
    const short = join(cluster.folder, 'short.snap');
    writeFileSync(short, good);
    truncateSync(short, good.length - 1);
    expect((await verify(file, short)).exitCode).toBe(14);
    expect((await verify(join(cluster.folder, 'nowhere'))).exitCode).toBe(2);
  });

  test('comes from one node without a leader, if it may be stale', async () => {
    await cluster.kill(1, 2);
    const stale = join(cluster.folder, 'stale.snap');
    const refused = await cluster.run(['snapshot', 'save', stale, '--from', '3', '--timeout', '3s'], [3]);
    expect(refused.exitCode).toBe(6);
    expect(existsSync(stale)).toBe(false);
    const saved = await cluster.succeed<SnapshotFile>(['snapshot', 'save', stale, '--from', '3', '--stale'], [3]);
    expect(saved).toMatchObject({ verified: true, stale: true });
  });
});
