import { expect, test } from 'vitest';
import { AnswerSlots, watchStatus } from '../../src/control/watch-status.js';
import { FakeNode } from './fake-node.js';

test('one watcher after the other is answered, and who comes when nobody waits is answered at once', () => {
  const slots = new AnswerSlots();
  const waits = [1000, 1000, 1000, 1002, 5000].map((nowMs) => slots.take(nowMs));
  expect(waits).toEqual([0, 4, 8, 10, 0]);
});

test('each of many watchers has the latest status, and none of them an old one', async () => {
  const node = new FakeNode();
  const slots = new AnswerSlots();
  const end = new AbortController();
  const watchers = Array.from({ length: 5 }, () => watchStatus(node, slots, end.signal));
  const first = watchers.map((watcher) => watcher.next());
  await first[0];
  // Changes while most of them still wait for their first answer.
  node.change({ configIndex: 7 });
  const seen = (await Promise.all(first)).map(({ value }) => value?.status?.configIndex);
  expect(seen.slice(1)).toEqual(Array.from({ length: 4 }, () => 7));
  end.abort();
  await Promise.allSettled(watchers.map((watcher) => watcher.next()));
});
