import { expect, test } from 'vitest';
import { ConfChangeTransition, type ConfChangeType } from '../../../src/gen/raft/v1/raft.js';
import {
  enterJoint,
  newConfChangeSingle,
  parseConfChange,
  stringifyConfChange,
} from '../../../src/raft/conf-change.js';
import { Changer } from '../../../src/raft/confchange/changer.js';
import { Configuration } from '../../../src/raft/tracker/configuration.js';
import { ProgressTracker } from '../../../src/raft/tracker/progress-tracker.js';

test('a group without voters has nobody to decide with: it cannot be made joint', () => {
  expect(() => new Changer({ conf: new Configuration() }).enterJoint(true, parseConfChange('v1'))).toThrow(
    "can't make a zero-voter config joint",
  );
});

test('a transition that enters no joint configuration is neither left by itself nor by hand', () => {
  const transitions = [
    ConfChangeTransition.AUTO,
    ConfChangeTransition.IMPLICIT,
    ConfChangeTransition.EXPLICIT,
    ConfChangeTransition.ROLLBACK,
  ];
  const withChanges = (changes: string) =>
    transitions.map((transition) =>
      enterJoint({ transition, changes: parseConfChange(changes), context: new Uint8Array() }),
    );
  expect(withChanges('v1')).toEqual([undefined, true, false, undefined]);
  expect(withChanges('v1 r2')).toEqual([true, true, false, undefined]);
});

test('a step of a type that nobody knows is shown as unknown', () => {
  expect(stringifyConfChange([newConfChangeSingle(3, 9 as ConfChangeType)])).toBe('unknown3');
});

test('of who is no member nothing is acknowledged, and no commit group is known', () => {
  const tracker = new ProgressTracker(8);
  expect([tracker.ackedIndex(7), tracker.commitGroup(7)]).toEqual([undefined, 0]);
});
