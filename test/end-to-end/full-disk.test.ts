import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
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
