import { expect, test } from 'vitest';
import { parseConfChange } from '../../../src/raft/conf-change.js';
import { Changer } from '../../../src/raft/confchange/changer.js';
import { Progress } from '../../../src/raft/tracker/progress.js';
import { ProgressTracker } from '../../../src/raft/tracker/progress-tracker.js';

test('check-quorum: a leader counts on itself, although it never hears from itself', () => {
  const tracker = new ProgressTracker(16);
  const { conf } = new Changer(tracker).simple(parseConfChange('v1'));
  tracker.applyConf(conf, [{ id: 1, type: 'add' }], 1);
  tracker.get(1)?.reset(1);
  expect(tracker.get(1)?.recentActive).toBe(false);
  for (let period = 1; period <= 2; period++) {
    expect(tracker.quorumRecentlyActive(1)).toBe(true);
    expect(tracker.get(1)?.recentActive).toBe(true);
  }
});

test('a peer to which entries are sent again is taken to know no commit index from there on', () => {
  const progress = new Progress(11, 8);
  progress.maybeUpdate(10);
  progress.becomeReplicate();
  progress.sentEntries(5, 5);
  progress.sentCommit(15);
  progress.maybeDecrTo(13, 10);
  progress.becomeProbe();
  progress.becomeReplicate();
  progress.sentEntries(5, 5);
  expect([10, 11].map((index) => progress.canBumpCommit(index))).toEqual([false, true]);
});
