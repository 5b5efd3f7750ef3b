import { afterEach, expect, test, vi } from 'vitest';
import { RaftctlError } from '../../src/base/errors.js';
import * as daemonModule from '../../src/daemon/daemon.js';
import { runDaemon } from '../../src/daemon/run-daemon.js';

vi.mock('../../src/daemon/daemon.js', { spy: true });

const exitCode = process.exitCode;
const umask = process.umask();
afterEach(() => {
  process.exitCode = exitCode;
  process.umask(umask);
});

test('a node that cannot go on has failed, whether or not all of it can still be closed', async () => {
  const failure = new RaftctlError('E_DISK', 'the disk is gone');
  let codeWhileClosing: typeof process.exitCode;
  vi.mocked(daemonModule.startDaemon).mockResolvedValue({
    address: '127.0.0.1:1',
    metricsAddress: undefined,
    failed: Promise.reject(failure),
    stop: async () => {
      codeWhileClosing = process.exitCode;
    },
  });
  await expect(runDaemon({ id: 1, dataDir: 'unused', listen: '127.0.0.1:0' })).rejects.toBe(failure);
  expect(codeWhileClosing).toBe(1);
});
