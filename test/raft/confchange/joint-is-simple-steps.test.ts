import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ConfChangeSingle, ConfChangeType } from '../../../src/gen/raft/v1/raft.js';
import { newConfChangeSingle } from '../../../src/raft/conf-change.js';
import { type ChangedConfiguration, Changer } from '../../../src/raft/confchange/changer.js';
import { restore } from '../../../src/raft/confchange/restore.js';
import { RaftError } from '../../../src/raft/errors.js';
import { ProgressTracker } from '../../../src/raft/tracker/progress-tracker.js';

/*
 * A joint change, entered and left, is the shortcut of a way that also goes step by step: the same members come out, with the same progress.
 * The only ways that the steps cannot go are those that pass through a group without voters.
 */

const { ADD_NODE, ADD_LEARNER_NODE, REMOVE_NODE } = ConfChangeType;
const TYPES = [ADD_NODE, ADD_LEARNER_NODE, REMOVE_NODE] as const;

/** Members as sets of ids. */
interface Members {
  readonly voters: readonly number[];
  readonly learners: readonly number[];
}

function trackerOf({ voters, learners }: Members): ProgressTracker {
  const tracker = new ProgressTracker(8);
  restore(tracker, 5, {
    voters: [...voters],
    learners: [...learners],
    votersOutgoing: [],
    learnersNext: [],
    autoLeave: false,
  });
  return tracker;
}

function put(tracker: ProgressTracker, { conf, changes }: ChangedConfiguration): void {
  tracker.applyConf(conf, changes, 5);
}

/** What is left of a group after a way of changing it; undefined where it cannot go that way. */
function outcome(start: Members, way: (tracker: ProgressTracker) => void): string | undefined {
  const tracker = trackerOf(start);
  try {
    way(tracker);
  } catch (error) {
    if (!(error instanceof RaftError) || error.message !== 'removed all voters') throw error;
    return undefined;
  }
  return `${tracker.conf}; ${[...tracker.progress].map(([id, progress]) => `${id}: ${progress}`).join(', ')}`;
}

const stepByStep = (changes: readonly ConfChangeSingle[]) => (tracker: ProgressTracker) => {
  for (const change of changes) put(tracker, new Changer(tracker).simple([change]));
};

const jointly = (changes: readonly ConfChangeSingle[], autoLeave: boolean) => (tracker: ProgressTracker) => {
  put(tracker, new Changer(tracker).enterJoint(autoLeave, changes));
  expect([tracker.conf.isJoint(), tracker.conf.autoLeave]).toEqual([true, autoLeave]);
  put(tracker, new Changer(tracker).leaveJoint());
};

/** Every group of these nodes that has a voter: each of them is a voter, a learner or no member. */
function everyGroup(ids: readonly number[]): Members[] {
  const [first, ...rest] = ids;
  if (first === undefined) return [{ voters: [], learners: [] }];
  return everyGroup(rest).flatMap(({ voters, learners }) => [
    { voters: [first, ...voters], learners },
    { voters, learners: [first, ...learners] },
    { voters, learners },
  ]);
}

/** Every sequence of changes of these nodes, of any length up to `longest`. */
function everySequence(ids: readonly number[], longest: number): ConfChangeSingle[][] {
  if (longest === 0) return [[]];
  const singles = ids.flatMap((id) => TYPES.map((type) => newConfChangeSingle(id, type)));
  return [[], ...everySequence(ids, longest - 1).flatMap((changes) => singles.map((single) => [single, ...changes]))];
}

describe('a joint change, entered and left, comes to what its steps one by one come to', () => {
  test('every sequence of up to three changes, in every group of three nodes', () => {
    const ids = [1, 2, 3];
    const groups = everyGroup(ids).filter(({ voters }) => voters.length > 0);
    const sequences = everySequence(ids, 3);
    let compared = 0;
    let without = 0;
    for (const group of groups) {
      for (const changes of sequences) {
        const expected = outcome(group, stepByStep(changes));
        if (expected === undefined) {
          without++;
          continue;
        }
        const actual = outcome(group, jointly(changes, compared % 2 === 0));
        if (actual !== expected) expect({ group, changes, actual }).toBe(expected);
        compared++;
      }
    }
    expect([groups.length, sequences.length, compared + without]).toEqual([19, 820, 19 * 820]);
    expect(compared).toBeGreaterThan(without);
  });

  test('longer sequences in larger groups, drawn by chance', () => {
    const roles = fc.array(fc.constantFrom('voter', 'learner', 'none'), { minLength: 7, maxLength: 7 });
    const change = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.constantFrom(...TYPES));
    let compared = 0;
    fc.assert(
      fc.property(roles, fc.array(change, { maxLength: 12 }), fc.boolean(), (members, singles, autoLeave) => {
        const of = (role: string) => members.flatMap((one, at) => (one === role ? [at + 1] : []));
        const group = { voters: of('voter'), learners: of('learner') };
        fc.pre(group.voters.length > 0);
        const changes = singles.map(([id, type]) => newConfChangeSingle(id, type));
        const expected = outcome(group, stepByStep(changes));
        if (expected === undefined) return;
        expect(outcome(group, jointly(changes, autoLeave))).toBe(expected);
        compared++;
      }),
      { numRuns: 3000 },
    );
    expect(compared).toBeGreaterThan(2000);
  });

  test('and from any group to any other of five nodes there is a way, jointly in one and simply in as many as differ', () => {
    const groups = everyGroup([1, 2, 3, 4, 5]).filter(({ voters }) => voters.length > 0);
    const way = fc.tuple(fc.constantFrom(...groups), fc.constantFrom(...groups));
    fc.assert(
      fc.property(way, ([from, to]) => {
        const wanted = (id: number) =>
          to.voters.includes(id) ? ADD_NODE : to.learners.includes(id) ? ADD_LEARNER_NODE : REMOVE_NODE;
        // Voters come first, so that there is one all the way.
        const changes = [1, 2, 3, 4, 5].map((id) => newConfChangeSingle(id, wanted(id)));
        changes.sort((left, right) => Number(right.changeType === ADD_NODE) - Number(left.changeType === ADD_NODE));
        const expected = outcome(to, () => {});
        const membersOf = (text: string | undefined) => text?.split(';')[0];
        expect(membersOf(outcome(from, stepByStep(changes)))).toBe(membersOf(expected));
        expect(membersOf(outcome(from, jointly(changes, true)))).toBe(membersOf(expected));
      }),
      { numRuns: 1000 },
    );
  });
});
