import { expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.js';
import { RunningCalls } from '../../src/node/running-calls.js';

test('as many calls run as may, one more is refused and not begun, and the next one runs when one has ended', async () => {
  let refused = 0;
  const calls = new RunningCalls(2, () => refused++);
  const first = deferred<string>();
  const second = deferred<string>();
  const running = [calls.run(() => first.promise), calls.run(() => second.promise)];
  let begun = false;
  const tooMany = calls.run(async () => {
    begun = true;
  });
  await expect(tooMany).rejects.toMatchObject({
    code: 'E_OVERLOADED',
    retryable: true,
    message: expect.stringContaining('--calls-max'),
  });
  expect([begun, refused, calls.count]).toEqual([false, 1, 2]);
  first.resolve('done');
  expect(await running[0]).toBe('done');
  expect(await calls.run(async () => 'next')).toBe('next');
  second.reject(new Error('failed'));
  await expect(running[1]).rejects.toThrow('failed');
  expect(calls.count).toBe(0);
});
