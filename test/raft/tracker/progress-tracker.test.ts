import { beforeEach, describe, expect, test } from 'vitest';
import { parseConfChange } from '../../../src/raft/conf-change.js';
import { Changer } from '../../../src/raft/confchange/changer.js';
import { ProgressTracker } from '../../../src/raft/tracker/progress-tracker.js';

let tracker: ProgressTracker;

beforeEach(() => {
  tracker = new ProgressTracker(16);
});

function simple(changes: string, nextIdx = 1): void {
  for (const one of parseConfChange(changes)) {
    const { conf, changes: came } = new Changer(tracker).simple([one]);
    tracker.applyConf(conf, came, nextIdx);
  }
}

function enterJoint(changes: string): void {
  const { conf, changes: came } = new Changer(tracker).enterJoint(false, parseConfChange(changes));
  tracker.applyConf(conf, came, 1);
}

describe('members', () => {
  test('are walked in ascending order, whenever they joined', () => {
    simple('v7 v2 l5 v11 l1');
    expect([...tracker.progress.keys()]).toEqual([1, 2, 5, 7, 11]);
    expect(tracker.toConfState()).toEqual({
      voters: [2, 7, 11],
      learners: [1, 5],
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    });
  });

  test('start where the log ends, as if just heard from; those who stay keep what is known of them', () => {
    simple('v1 v2');
    tracker.get(1)?.maybeUpdate(30);
    simple('l3', 31);
    expect(tracker.get(1)?.matched).toBe(30);
    expect(tracker.get(3)).toMatchObject({ nextIdx: 31, recentActive: true, isLearner: true });
  });

  test('never start at entry 0, which no log has', () => {
    simple('v1', 0);
    expect(tracker.get(1)?.nextIdx).toBe(1);
  });

  test('that are removed and added again start over', () => {
    simple('v1 l2');
    tracker.get(2)?.maybeUpdate(30);
    const { conf, changes } = new Changer(tracker).simple(parseConfChange('r2 l2'));
    tracker.applyConf(conf, changes, 9);
    expect(tracker.get(2)).toMatchObject({ matched: 0, nextIdx: 9 });
  });
});

describe('votes', () => {
  test('count once: the first answer stands', () => {
    simple('v1 v2 v3');
    tracker.recordVote(1, true);
    tracker.recordVote(2, false);
    tracker.recordVote(2, true);
    expect(tracker.tallyVotes()).toEqual({ granted: 1, rejected: 1, result: 'pending' });
    tracker.recordVote(3, true);
    expect(tracker.tallyVotes()).toEqual({ granted: 2, rejected: 1, result: 'won' });
    tracker.resetVotes();
    expect(tracker.tallyVotes()).toEqual({ granted: 0, rejected: 0, result: 'pending' });
  });

  test('of learners and strangers do not count', () => {
    simple('v1 v2 v3 l4');
    for (const id of [4, 5]) tracker.recordVote(id, true);
    expect(tracker.tallyVotes()).toEqual({ granted: 0, rejected: 0, result: 'pending' });
  });
});

describe('check-quorum', () => {
  test('needs more than half of the voters since it last looked; oneself is always there', () => {
    simple('v1 v2 v3 l4');
    expect(tracker.quorumRecentlyActive(1)).toBe(true);
    const learner = tracker.get(4);
    if (learner) learner.recentActive = true;
    expect(tracker.quorumRecentlyActive(1)).toBe(false);
    const voter = tracker.get(3);
    if (voter) voter.recentActive = true;
    expect(tracker.quorumRecentlyActive(1)).toBe(true);
    expect(tracker.get(3)?.recentActive).toBe(false);
  });

  test('needs both halves while joint', () => {
    simple('v1 v2 v3');
    enterJoint('v4 v5 r2 r3');
    tracker.quorumRecentlyActive(1);
    for (const id of [4, 5]) {
      const progress = tracker.get(id);
      if (progress) progress.recentActive = true;
    }
    expect(tracker.quorumRecentlyActive(1)).toBe(false);
    expect(tracker.hasQuorum(new Set([1, 2, 4]))).toBe(true);
    expect(tracker.hasQuorum(new Set([1, 2]))).toBe(false);
  });
});

describe('the committed index', () => {
  test('follows the groups only while group commit is on', () => {
    simple('v1 v2 v3');
    for (const [id, progress] of tracker.progress) {
      progress.maybeUpdate(id === 3 ? 5 : 9);
      progress.commitGroupId = id === 3 ? 2 : 1;
    }
    expect(tracker.maximalCommittedIndex()).toBe(9);
    tracker.enableGroupCommit(true);
    expect(tracker.maximalCommittedIndex()).toBe(5);
    expect(tracker.groupCommittedIndex()).toEqual({ index: 5, usedGroupCommit: true });
    tracker.enableGroupCommit(false);
    expect(tracker.maximalCommittedIndex()).toBe(9);
  });

  test('does not count a leader that is no voter any more', () => {
    simple('v1 v2 v3');
    simple('r1');
    tracker.get(2)?.maybeUpdate(5);
    expect(tracker.maximalCommittedIndex()).toBe(0);
    tracker.get(3)?.maybeUpdate(4);
    expect(tracker.maximalCommittedIndex()).toBe(4);
  });
});

test('one voter decides alone only where it is in no joint configuration', () => {
  simple('v1');
  expect(tracker.isSingleton()).toBe(true);
  enterJoint('v2 r1');
  expect(tracker.isSingleton()).toBe(false);
});
