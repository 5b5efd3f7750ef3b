import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Progress } from '../../../src/raft/tracker/progress.js';

/** A peer in `replicate` that has acknowledged up to `matched`, with a window of three appends. */
function replicating(matched: number): Progress {
  const progress = new Progress(matched + 1, 3, 1000);
  progress.maybeUpdate(matched);
  progress.becomeReplicate();
  return progress;
}

describe('while probing', () => {
  test('one append goes out, and nothing more until an answer comes', () => {
    const progress = new Progress(5, 3);
    progress.sentEntries(2, 20);
    expect([progress.isPaused(), progress.nextIdx]).toEqual([true, 5]);
    progress.maybeUpdate(6);
    expect([progress.isPaused(), progress.nextIdx]).toEqual([false, 7]);
  });

  test('an empty append holds nothing back', () => {
    const progress = new Progress(5, 3);
    progress.sentEntries(0, 0);
    expect(progress.isPaused()).toBe(false);
  });

  test('a rejection moves to where the peer says the logs may meet', () => {
    const progress = new Progress(10, 3);
    progress.sentEntries(1, 1);
    expect(progress.maybeDecrTo(9, 4)).toBe(true);
    expect([progress.nextIdx, progress.isPaused()]).toEqual([5, false]);
  });

  test('a rejection of something else than the probe under way is an old one', () => {
    const progress = new Progress(10, 3);
    expect(progress.maybeDecrTo(7, 4)).toBe(false);
    expect(progress.nextIdx).toBe(10);
  });

  test('no hint moves it at or below what is known to match', () => {
    const progress = new Progress(10, 3);
    progress.maybeUpdate(9);
    expect(progress.maybeDecrTo(9, 2)).toBe(true);
    expect(progress.nextIdx).toBe(10);
  });
});

describe('while replicating', () => {
  test('appends stream out until the window is full', () => {
    const progress = replicating(10);
    for (let sent = 1; sent <= 3; sent++) {
      expect(progress.isPaused()).toBe(false);
      progress.sentEntries(2, 20);
    }
    expect([progress.isPaused(), progress.nextIdx, progress.ins.count]).toEqual([true, 17, 3]);
    progress.ins.freeTo(12);
    progress.maybeUpdate(12);
    expect([progress.isPaused(), progress.ins.count]).toEqual([false, 2]);
  });

  test('with a full window an empty append goes out for each answer to a heartbeat, and pauses again', () => {
    const progress = replicating(10);
    for (let sent = 1; sent <= 3; sent++) progress.sentEntries(1, 1);
    progress.resume();
    progress.sentEntries(0, 0);
    expect(progress.isPaused()).toBe(true);
  });

  test('a rejection starts over after what matches; one that is older than that is ignored', () => {
    const progress = replicating(10);
    progress.sentEntries(5, 5);
    expect(progress.maybeDecrTo(10, 3)).toBe(false);
    expect(progress.maybeDecrTo(12, 3)).toBe(true);
    expect(progress.nextIdx).toBe(11);
  });
});

describe('while a snapshot is under way', () => {
  test('nothing is sent, and the next append comes after it', () => {
    const progress = new Progress(3, 3);
    progress.becomeSnapshot(20);
    expect([progress.isPaused(), progress.nextIdx, progress.pendingSnapshot]).toEqual([true, 21, 20]);
    progress.resume();
    expect(progress.isPaused()).toBe(true);
    expect(() => progress.sentEntries(1, 1)).toThrow('snapshot');
  });

  test('the probe that follows starts after it, or after what matches if it was lost', () => {
    const arrived = new Progress(3, 3);
    arrived.becomeSnapshot(20);
    arrived.becomeProbe();
    expect([arrived.nextIdx, arrived.pendingSnapshot]).toEqual([21, 0]);

    const lost = new Progress(3, 3);
    lost.maybeUpdate(2);
    lost.becomeSnapshot(20);
    lost.snapshotFailure();
    lost.becomeProbe();
    expect(lost.nextIdx).toBe(3);
  });
});

describe('a request for a snapshot', () => {
  test('is taken from a replicating peer that has told its true commit index', () => {
    const progress = replicating(10);
    expect(progress.maybeDecrTo(9, 10, 10)).toBe(false);
    expect(progress.maybeDecrTo(10, 10, 10)).toBe(true);
    expect([progress.pendingRequestSnapshot, progress.nextIdx]).toEqual([10, 11]);
  });

  test('is taken from a probed peer once, and moves nothing', () => {
    const progress = new Progress(8, 3);
    progress.pause();
    expect(progress.maybeDecrTo(2, 5, 5)).toBe(true);
    expect(progress.maybeDecrTo(2, 6, 6)).toBe(true);
    expect([progress.pendingRequestSnapshot, progress.nextIdx, progress.isPaused()]).toEqual([5, 8, false]);
  });
});

describe('the commit index that a peer was told', () => {
  test('is told again only where it can move the peer', () => {
    const progress = replicating(10);
    progress.sentEntries(2, 2);
    progress.sentCommit(11);
    expect(progress.canBumpCommit(11)).toBe(false);
    expect(progress.canBumpCommit(12)).toBe(true);
    progress.sentCommit(12);
    // The peer will have no more than 12: a higher index says nothing to it until more is sent.
    expect(progress.canBumpCommit(30)).toBe(false);
    progress.sentEntries(1, 1);
    expect(progress.canBumpCommit(30)).toBe(true);
  });

  test('is forgotten where the entries under it must be sent again', () => {
    const progress = replicating(10);
    progress.sentEntries(5, 5);
    progress.sentCommit(15);
    progress.maybeDecrTo(13, 10);
    progress.becomeProbe();
    progress.becomeReplicate();
    progress.sentEntries(5, 5);
    expect(progress.canBumpCommit(15)).toBe(true);
  });

  test('that a peer tells of itself never goes back', () => {
    const progress = replicating(10);
    progress.updateCommitted(7);
    progress.updateCommitted(4);
    expect(progress.committedIndex).toBe(7);
  });
});

type Step =
  | { do: 'ack' | 'reject' | 'commit' | 'snapshot'; index: number; hint: number }
  | { do: 'send'; entries: number }
  | { do: 'probe' | 'replicate' | 'reset' };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom('ack' as const, 'reject' as const, 'commit' as const, 'snapshot' as const),
    index: fc.nat(40),
    hint: fc.nat(40),
  }),
  fc.record({ do: fc.constant('send' as const), entries: fc.nat(3) }),
  fc.record({ do: fc.constantFrom('probe' as const, 'replicate' as const, 'reset' as const) }),
);

test('whatever comes in whatever order, matched stays below next, and only starting over lowers it', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
      const progress = new Progress(10, 3, 100);
      for (const step of steps) {
        const before = progress.matched;
        take(step, progress);
        if (step.do !== 'reset') expect(progress.matched).toBeGreaterThanOrEqual(before);
        expect(progress.nextIdx).toBeGreaterThan(progress.matched);
        if (progress.state !== 'snapshot') expect(progress.pendingSnapshot).toBe(0);
      }
    }),
  );
});

function take(step: Step, progress: Progress): void {
  switch (step.do) {
    case 'ack':
      progress.maybeUpdate(step.index);
      progress.ins.freeTo(step.index);
      break;
    case 'reject':
      progress.maybeDecrTo(step.index, step.hint);
      break;
    case 'commit':
      progress.sentCommit(step.index);
      break;
    case 'snapshot':
      progress.becomeSnapshot(progress.matched + step.index);
      break;
    case 'send':
      if (!progress.isPaused()) progress.sentEntries(step.entries, step.entries);
      break;
    case 'probe':
      progress.becomeProbe();
      break;
    case 'replicate':
      progress.becomeReplicate();
      break;
    case 'reset':
      progress.reset(11);
      break;
  }
}

test('it prints itself as etcd/raft does', () => {
  const progress = replicating(10);
  expect(String(progress)).toBe('StateReplicate match=10 next=11 inactive');
  progress.recentActive = true;
  for (let sent = 1; sent <= 3; sent++) progress.sentEntries(1, 1);
  expect(String(progress)).toBe('StateReplicate match=10 next=14 paused inflight=3[full]');
  progress.isLearner = true;
  progress.becomeSnapshot(20);
  expect(String(progress)).toBe('StateSnapshot match=10 next=21 learner paused pendingSnap=20');
});
