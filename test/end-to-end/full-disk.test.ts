import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { ending, startBinary, temporaryFolder } from './binary.js';
import { freePorts } from './ports.js';
import { raftctl } from './raftctl.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

test('a node whose disk takes no more says so, and stops in order', async () => {
  const { path } = folder;
  const address = `127.0.0.1:${(await freePorts(1))[0]}`;
  const start = ['node', 'start', '--id', '1', '--data-dir', join(path, 'data'), '--listen', address];
  // No file may grow past 8 MiB.
  const node = startBinary(start, path, '', "trap '' XFSZ; ulimit -f 8192");
  const ended = ending(node);
  let stderr = '';
  node.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  await new Promise((resolve) => node.stdout?.once('data', resolve));
  await raftctl(['cluster', 'bootstrap', '--node', `1=${address}`, '-e', address], path);
  await raftctl(['wait', 'leader', '-e', address], path);
  const value = JSON.stringify('x'.repeat(700_000));
  for (let place = 0; place < 40; place++) {
    const { exitCode } = await raftctl(
      ['kv', 'put', `key${place}`, '-', '-e', address, '--timeout', '2s'],
      path,
      value,
    );
    if (exitCode !== 0) break;
  }
  expect(await ended).toEqual({ exitCode: 1, signal: null });
  expect(stderr).toContain('error: a write to the data directory failed');
  expect(stderr).toContain('code: E_DISK (exit 1)');
  expect(stderr).toMatch(/INFO {2}stopped node=1/);
  expect(stderr).not.toContain('Node.js v');
});

test('a node whose disk fills up refuses writes, loses nothing, and goes on once there is room, all in one process', async ({
  skip,
}) => {
  const disk = mkdtempSync(join(folder.path, 'small-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', disk], { encoding: 'utf8' });
  if (mounted.status !== 0) skip(`a small disk cannot be mounted here: ${mounted.stderr || mounted.error?.message}`);
  onTestFinished(() => void spawnSync('umount', ['--lazy', disk]));
  const address = `127.0.0.1:${(await freePorts(1))[0]}`;
  const reserves = ['--space-reserve', '24MiB', '--append-reserve', '8MiB'];
  const start = ['node', 'start', '--id', '1', '--data-dir', join(disk, 'data'), '--listen', address, ...reserves];
  const node = startBinary(start, folder.path);
  const ended = ending(node);
  onTestFinished(async () => {
    node.kill('SIGTERM');
    await ended;
  });
  await new Promise((resolve) => node.stdout?.once('data', resolve));
  const ask = <Data>(args: readonly string[], input?: string) =>
    raftctl<Data>([...args, '-e', address, '--json'], folder.path, input);
  await ask(['cluster', 'bootstrap', '--node', `1=${address}`]);
  await ask(['wait', 'leader']);
  expect((await ask(['alarm', 'list'])).data).toEqual({ alarms: [] });

  const value = JSON.stringify('x'.repeat(900_000));
  const acknowledged: string[] = [];
  let refusal: Awaited<ReturnType<typeof ask>> | undefined;
  while (refusal === undefined && acknowledged.length < 48) {
    const key = `key${acknowledged.length}`;
    const answer = await ask(['kv', 'put', key, '-', '--timeout', '15s'], value);
    if (answer.exitCode === 0) acknowledged.push(key);
    else refusal = answer;
  }
  expect(refusal).toMatchObject({ exitCode: 1, json: { errors: [{ code: 'E_NO_SPACE', changed: 'no' }] } });
  expect(acknowledged.length).toBeGreaterThan(0);
  const { data } = await ask(['alarm', 'list']);
  expect(data).toMatchObject({ alarms: [{ alarm: 'no-space', node: 1, level: 'low' }] });
  const health = await ask(['cluster', 'health']);
  expect(health.exitCode).not.toBe(0);
  expect(health.json.data).toMatchObject({
    checks: expect.arrayContaining([expect.objectContaining({ id: 'storage', status: 'fail', code: 'W_NO_SPACE' })]),
  });

  expect(spawnSync('mount', ['-o', 'remount,size=128m', disk]).status).toBe(0);
  expect((await ask(['kv', 'put', 'after', '-'], '1')).exitCode).toBe(0);
  expect((await ask(['alarm', 'list'])).data).toEqual({ alarms: [] });
  for (const key of acknowledged) expect((await ask(['kv', 'get', key])).exitCode).toBe(0);
  expect(node.exitCode).toBeNull();
}, 180_000);
