import { expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.js';
import { type LogFields, type Logger, silentLogger } from '../../src/base/logger.js';
import { DiskSpace } from '../../src/storage/disk-space.js';

test('nobody knows how much is free before the first answer', async () => {
  const space = new DiskSpace('data', silentLogger, async () => 1000);
  expect(space.freeBytes()).toBeUndefined();
  await space.refresh();
  expect(space.freeBytes()).toBe(1000);
});

test('what is queued counts as gone until two looks later: the first one may have come before it was on disk', async () => {
  const space = new DiskSpace('data', silentLogger, async () => 1000);
  await space.refresh();
  space.onQueued(300);
  await space.refresh();
  space.onQueued(100);
  expect(space.freeBytes()).toBe(600);
});

test('what is queued while the question is on its way counts as gone, too', async () => {
  const answer = deferred<number>();
  const space = new DiskSpace('data', silentLogger, () => answer.promise);
  const looked = space.refresh();
  space.onQueued(400);
  answer.resolve(1000);
  await looked;
  expect(space.freeBytes()).toBe(600);
});

test('a burst of more than there is leaves nothing, not less', async () => {
  const space = new DiskSpace('data', silentLogger, async () => 1000);
  await space.refresh();
  space.onQueued(5000);
  expect(space.freeBytes()).toBe(0);
});

test('a disk that does not answer any more is told of once, and the last answer stands', async () => {
  const warnings: (LogFields | undefined)[] = [];
  const logger: Logger = { ...silentLogger, warn: (_message, fields) => void warnings.push(fields) };
  let fails = false;
  const space = new DiskSpace('data', logger, async () => {
    if (fails) throw new Error('EIO');
    return 1000;
  });
  await space.refresh();
  fails = true;
  await space.refresh();
  await space.refresh();
  expect(space.freeBytes()).toBe(1000);
  expect(warnings).toEqual([{ reason: 'Error: EIO' }]);
});

test('the real door asks the system', async () => {
  const space = new DiskSpace('.', silentLogger);
  await space.refresh();
  expect(space.freeBytes()).toBeGreaterThan(0);
});
