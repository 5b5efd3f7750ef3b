import { describe, expect, test } from 'vitest';
import { ConfChangeTransition, type ConfChangeType, type ConfState } from '../../../src/gen/raft/v1/raft.js';
import { parseConfChange } from '../../../src/raft/conf-change.js';
import { Changer } from '../../../src/raft/confchange/changer.js';
import { isReachable } from '../../../src/raft/confchange/restore.js';
import { emptyConfState } from '../../../src/raft/messages.js';
import { JointConfig } from '../../../src/raft/quorum/joint.js';
import { MajorityConfig } from '../../../src/raft/quorum/majority.js';
import { Configuration } from '../../../src/raft/tracker/configuration.js';

/** Takes the sets as they are, whether or not changes can lead to them. */
function configuration(
  sets: Partial<Record<'voters' | 'outgoing' | 'learners' | 'learnersNext', number[]>>,
  autoLeave = false,
): Configuration {
  const voters = new JointConfig(new MajorityConfig(sets.voters), new MajorityConfig(sets.outgoing));
  return new Configuration(voters, sets.learners, sets.learnersNext, autoLeave);
}

const single = configuration({ voters: [1, 2] });
const joint = configuration({ voters: [1, 3], outgoing: [1, 2] });

describe('a change that does not fit the configuration is refused as such, for the caller to tell from a defect', () => {
  test.each<[string, Configuration, (changer: Changer) => unknown]>([
    ['config is already joint', joint, (changer) => changer.enterJoint(false, parseConfChange('v4'))],
    ["can't make a zero-voter config joint", configuration({}), (changer) => changer.enterJoint(false, [])],
    ["can't apply simple config change in joint config", joint, (changer) => changer.simple(parseConfChange('v4'))],
    [
      'more than one voter changed without entering joint config',
      single,
      (changer) => changer.simple(parseConfChange('v3 r1')),
    ],
    ["can't leave a non-joint config", single, (changer) => changer.leaveJoint()],
    ["can't leave a non-joint config", single, (changer) => changer.rollBack()],
    ['removed all voters', single, (changer) => changer.enterJoint(false, parseConfChange('r1 r2'))],
    ['unexpected conf type 9', single, (changer) => changer.simple([{ nodeId: 3, changeType: 9 as ConfChangeType }])],
    [
      'a rollback takes no changes',
      joint,
      (changer) =>
        changer.apply({
          transition: ConfChangeTransition.ROLLBACK,
          changes: parseConfChange('v4'),
          context: new Uint8Array(),
        }),
    ],
  ])('%s', (message, conf, change) => {
    expect(() => change(new Changer({ conf }))).toThrow(expect.objectContaining({ kind: 'conf-change', message }));
  });
});

describe('what comes and goes', () => {
  test('is told in the order it happens: one that is removed and added again starts over', () => {
    const { changes } = new Changer({ conf: configuration({ voters: [1], learners: [2] }) }).simple(
      parseConfChange('r2 l2 l3'),
    );
    expect(changes).toEqual([
      { id: 2, type: 'remove' },
      { id: 2, type: 'add' },
      { id: 3, type: 'add' },
    ]);
  });

  test('is nothing where a node is only updated, which is a word between applications', () => {
    const { conf, changes } = new Changer({ conf: single }).simple(parseConfChange('u1 u7'));
    expect([String(conf), changes]).toEqual(['voters=(1 2)', []]);
  });

  test('is nothing where a learner is made a learner once more', () => {
    const conf = configuration({ voters: [1], learners: [2] });
    expect(new Changer({ conf }).simple(parseConfChange('l2')).changes).toEqual([]);
  });
});

describe('a configuration that breaks its own rules is a defect, and nothing is made of it', () => {
  const simple = (changer: Changer) => changer.simple([]);
  const enter = (changer: Changer) => changer.enterJoint(false, []);

  test.each<[string, Configuration, (changer: Changer) => unknown]>([
    ['1 is in learners and incoming voters', configuration({ voters: [1], learners: [1] }), simple],
    ['1 is in learners and outgoing voters', configuration({ voters: [1], learners: [1] }), enter],
    ['3 is in learners_next and not in outgoing voters', configuration({ voters: [1], learnersNext: [3] }), simple],
    ['auto_leave must be false when not joint', configuration({ voters: [1] }, true), simple],
  ])('%s', (message, conf, change) => {
    expect(() => change(new Changer({ conf }))).toThrow(message);
  });
});

describe('a configuration in storage or in a snapshot', () => {
  const kept = (sets: Partial<ConfState>) => isReachable({ ...emptyConfState(), ...sets });

  test('is one that changes can lead to', () => {
    expect(kept({ voters: [1, 2], learners: [3] })).toBe(true);
    expect(kept({ voters: [1, 2], votersOutgoing: [1, 3], learnersNext: [3], autoLeave: true })).toBe(true);
  });

  test('is none where changes would be refused, or come out elsewhere', () => {
    expect(kept({ learners: [1] })).toBe(false);
    expect(kept({ voters: [1], learners: [1, 2] })).toBe(false);
    expect(kept({ voters: [1], autoLeave: true })).toBe(false);
  });
});
