import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { type ConfChangeSingle, ConfChangeTransition, ConfChangeType } from '../../../src/gen/raft/v1/raft.js';
import { confStateEqual, newConfChangeSingle, parseConfChange } from '../../../src/raft/conf-change.js';
import { type ChangedConfiguration, Changer } from '../../../src/raft/confchange/changer.js';
import { restore } from '../../../src/raft/confchange/restore.js';
import { RaftError } from '../../../src/raft/errors.js';
import { Configuration } from '../../../src/raft/tracker/configuration.js';
import { ProgressTracker } from '../../../src/raft/tracker/progress-tracker.js';

const anyChange: fc.Arbitrary<ConfChangeSingle> = fc
  .tuple(
    fc.integer({ min: 1, max: 6 }),
    fc.constantFrom(ConfChangeType.ADD_NODE, ConfChangeType.REMOVE_NODE, ConfChangeType.ADD_LEARNER_NODE),
  )
  .map(([id, type]) => newConfChangeSingle(id, type));
const anyChanges = fc.array(anyChange, { maxLength: 8 });

type Move = 'simple' | 'enter' | 'leave' | 'roll-back';
const anyMove = fc.tuple(fc.constantFrom<Move>('simple', 'enter', 'leave', 'roll-back'), anyChanges);

function move(conf: Configuration, name: Move, changes: readonly ConfChangeSingle[]): ChangedConfiguration {
  const changer = new Changer({ conf });
  if (name === 'simple') return changer.simple(changes);
  if (name === 'enter') return changer.enterJoint(true, changes);
  return name === 'leave' ? changer.leaveJoint() : changer.rollBack();
}

/** The configuration after the move; the same one where it is refused. */
function tryMove(conf: Configuration, name: Move, changes: readonly ConfChangeSingle[]): Configuration {
  try {
    return move(conf, name, changes).conf;
  } catch (error) {
    expect(error).toBeInstanceOf(RaftError);
    return conf;
  }
}

function configurationOf(changes: string): Configuration {
  return parseConfChange(changes).reduce((conf, one) => move(conf, 'simple', [one]).conf, new Configuration());
}

/** Any configuration that changes can lead to, joint ones among them. */
const anyConfiguration = fc
  .array(anyMove, { maxLength: 8 })
  .map((moves) => moves.reduce((conf, [name, changes]) => tryMove(conf, name, changes), configurationOf('v1 v2')));

test('a joint change, entered and left, comes to what its steps one by one would', () => {
  fc.assert(
    fc.property(anyConfiguration, anyChanges, (start, changes) => {
      fc.pre(!start.isJoint());
      let oneByOne = start;
      try {
        for (const change of changes) oneByOne = move(oneByOne, 'simple', [change]).conf;
      } catch {
        // Without a voter left in between, only the joint way goes.
        return;
      }
      const joint = move(start, 'enter', changes).conf;
      const left = move(joint, 'leave', []).conf;
      expect(confStateEqual(left.toConfState(), oneByOne.toConfState())).toBe(true);
    }),
  );
});

test('rolled back, a joint change leaves the voters that were there before, and loses nobody but learners it removed', () => {
  fc.assert(
    fc.property(anyConfiguration, anyChanges, (start, changes) => {
      fc.pre(!start.isJoint());
      const joint = tryMove(start, 'enter', changes);
      fc.pre(joint.isJoint());
      const { conf: back, changes: gone } = move(joint, 'roll-back', []);
      expect(back.voters.ids()).toEqual(start.voters.ids());
      expect([...back.members()]).toEqual([...joint.members()]);
      expect(gone).toEqual([]);
      expect([back.isJoint(), back.autoLeave, back.learnersNext.size]).toEqual([false, false, 0]);
    }),
  );
});

test('whatever changes come, the invariants of a configuration hold', () => {
  fc.assert(
    fc.property(anyConfiguration, (conf) => {
      const { incoming, outgoing } = conf.voters;
      expect(incoming.size).toBeGreaterThan(0);
      for (const id of conf.learners) expect([incoming.has(id), outgoing.has(id)]).toEqual([false, false]);
      for (const id of conf.learnersNext) expect([incoming.has(id), outgoing.has(id)]).toEqual([false, true]);
      if (!conf.isJoint()) expect([conf.learnersNext.size, conf.autoLeave]).toEqual([0, false]);
    }),
  );
});

test('two configurations that follow each other share a quorum: no two majorities can decide apart', () => {
  fc.assert(
    fc.property(anyConfiguration, anyMove, (before, [name, changes]) => {
      const after = tryMove(before, name, changes);
      const ids = [...new Set([...before.voters.ids(), ...after.voters.ids()])];
      for (let subset = 0; subset < 2 ** ids.length; subset++) {
        const some = new Map(ids.map((id, at) => [id, Math.floor(subset / 2 ** at) % 2 === 1]));
        const others = new Map([...some].map(([id, vote]) => [id, !vote]));
        expect([before.voters.voteResult(some), after.voters.voteResult(others)]).not.toEqual(['won', 'won']);
      }
    }),
  );
});

test('a change that is refused leaves what it was asked of as it was', () => {
  fc.assert(
    fc.property(anyConfiguration, anyMove, (conf, [name, changes]) => {
      const tracker = new ProgressTracker(8);
      restore(tracker, 5, conf.toConfState());
      const before = `${tracker.conf} ${[...tracker.progress].join()}`;
      const input = JSON.stringify(changes);
      tryMove(tracker.conf, name, changes);
      expect(`${tracker.conf} ${[...tracker.progress].join()}`).toBe(before);
      expect(JSON.stringify(changes)).toBe(input);
    }),
  );
});

describe('restore', () => {
  test('builds any configuration again from what a snapshot keeps of it', () => {
    fc.assert(
      fc.property(anyConfiguration, (conf) => {
        const tracker = new ProgressTracker(8);
        restore(tracker, 17, conf.toConfState());
        expect(tracker.toConfState()).toEqual(conf.toConfState());
        expect([...tracker.progress.keys()]).toEqual([...conf.members()]);
        for (const [id, { isLearner, nextIdx }] of tracker.progress)
          expect([isLearner, nextIdx]).toEqual([conf.learners.has(id), 17]);
      }),
    );
  });

  test('takes the place of what was there', () => {
    const tracker = new ProgressTracker(8);
    restore(tracker, 3, configurationOf('v1 v2 l3').toConfState());
    restore(tracker, 9, configurationOf('v3 v4').toConfState());
    expect([...tracker.progress.keys()]).toEqual([3, 4]);
  });

  test('refuses a configuration that no change can make, and keeps the one it had', () => {
    const tracker = new ProgressTracker(8);
    restore(tracker, 3, configurationOf('v1').toConfState());
    const impossible = { voters: [], votersOutgoing: [], learners: [2], learnersNext: [], autoLeave: false };
    expect(() => restore(tracker, 3, impossible)).toThrow('removed all voters');
    expect([...tracker.progress.keys()]).toEqual([1]);
  });
});

describe('which way a change goes', () => {
  let conf: Configuration;
  let joint: Configuration;
  const { AUTO, IMPLICIT, EXPLICIT, ROLLBACK } = ConfChangeTransition;
  const apply = (from: Configuration, transition: ConfChangeTransition, changes: string) =>
    String(
      new Changer({ conf: from }).apply({ transition, changes: parseConfChange(changes), context: new Uint8Array() })
        .conf,
    );

  beforeEach(() => {
    conf = configurationOf('v1 v2 v3');
    joint = move(conf, 'enter', parseConfChange('v4 r1')).conf;
  });

  test('one voter, automatic: simple', () => expect(apply(conf, AUTO, 'v4')).toBe('voters=(1 2 3 4)'));
  test('more than one change, automatic: joint, left by itself', () =>
    expect(apply(conf, AUTO, 'v4 r1')).toBe('voters=(2 3 4)&&(1 2 3) autoleave'));
  test('implicit: joint even for one', () =>
    expect(apply(conf, IMPLICIT, 'v4')).toBe('voters=(1 2 3 4)&&(1 2 3) autoleave'));
  test('explicit: joint until somebody proposes to leave', () =>
    expect(apply(conf, EXPLICIT, 'v4')).toBe('voters=(1 2 3 4)&&(1 2 3)'));
  test('nothing, automatic: leave', () => expect(apply(joint, AUTO, '')).toBe('voters=(2 3 4)'));
  test('roll back: leave to the outgoing voters', () =>
    expect(apply(joint, ROLLBACK, '')).toBe('voters=(1 2 3) learners=(4)'));
  test('a roll back changes nothing else', () =>
    expect(() => apply(joint, ROLLBACK, 'v5')).toThrow('takes no changes'));
  test('a type that nobody knows is refused', () =>
    expect(() => new Changer({ conf }).simple([{ nodeId: 4, changeType: 9 as ConfChangeType }])).toThrow(
      'unexpected conf type 9',
    ));
});
