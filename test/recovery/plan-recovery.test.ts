import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RaftctlError } from '../../src/base/errors.js';
import { contentDigest, planRecovery, type RecoveryWish } from '../../src/recovery/index.js';
import { collected, voters, wish } from './collected.js';

/** Code and sentence of the refusal; the plan where there is none fails the test. */
function refusal(plan: () => unknown): string {
  try {
    plan();
  } catch (thrown) {
    if (thrown instanceof RaftctlError) return `${thrown.code} ${thrown.message}`;
    throw thrown;
  }
  return 'not refused';
}

describe('three of five voters are lost', () => {
  const n1 = collected({ id: 1, terms: [1, 1, 2, 2, 2], commit: 4, term: 9 });
  const n2 = collected({ id: 2, terms: [1, 1, 2], commit: 3 });
  const plan = planRecovery([n1, n2], wish([3, 4, 5]));

  test('the furthest log goes on, whatever the order of the files', () => {
    expect(plan.base).toBe(1);
    expect(planRecovery([n2, n1], wish([5, 4, 3]))).toEqual(plan);
  });

  test('what nobody knew to be committed will be, and is named', () => {
    expect(plan.commit).toBe(4);
    expect(plan.willCommit).toEqual({ first: 5, last: 6 });
    expect(plan.willCommitEntries.map(({ index }) => index)).toEqual([5, 6]);
  });

  test('the log begins anew behind the base’s, in a term above all that were seen', () => {
    expect(plan.start).toEqual({ index: 7, term: 10, confState: voters(1, 2) });
    expect(plan.incarnation.before).toBe(1);
    expect(plan.incarnation.after).toBeGreaterThan(1);
  });

  test('nothing of the other survivor is dropped where the base has all of it', () => {
    expect(plan.survivors.map(({ id, isBase, role, dropped }) => [id, isBase, role, dropped])).toEqual([
      [1, true, 'voter', null],
      [2, false, 'voter', null],
    ]);
  });

  test('nothing is to be committed where all of the base’s entries were', () => {
    const quiet = planRecovery([collected({ id: 1, terms: [1], commit: 2 })], wish([2, 3, 4, 5]));
    expect([quiet.willCommit, quiet.willCommitEntries]).toEqual([null, []]);
  });

  test('the voters may be chosen; survivors that are not chosen learn', () => {
    const { confState } = planRecovery([n1, n2], wish([3, 4, 5], { voters: [1] })).start;
    expect(confState).toEqual({ ...voters(1), learners: [2] });
  });
});

describe('whose log goes on', () => {
  // Node 1 led term 6 and wrote to its own disk alone. Node 2 has an entry of term 5, which a later leader has committed elsewhere.
  const lonelyLeader = collected({ id: 1, terms: [5, 6, 6], commit: 2 });
  const knowing = collected({ id: 2, terms: [5, 5], commit: 3, term: 7 });

  test('the furthest log does not go on where it lacks what another one knows to be committed', () => {
    const plan = planRecovery([lonelyLeader, knowing], wish([3, 4, 5]));
    expect(plan.base).toBe(2);
    expect(plan.survivors.find(({ id }) => id === 1)?.dropped).toEqual({ first: 3, last: 4 });
  });

  test('nor by the operator’s word', () => {
    const asked = wish([3, 4, 5], { base: 1, acceptedRisks: ['not-latest-base'] });
    expect(refusal(() => planRecovery([lonelyLeader, knowing], asked))).toBe(
      'E_REFUSED node 1 cannot be the base: it lacks entries that node 2 knows to be committed',
    );
  });

  test('one that is behind goes on where that is said aloud', () => {
    const ahead = collected({ id: 1, terms: [1, 1, 1], commit: 2 });
    const behind = collected({ id: 2, terms: [1, 1], commit: 2 });
    const asked = wish([3, 4, 5], { base: 2 });
    expect(refusal(() => planRecovery([ahead, behind], asked))).toBe(
      'E_REFUSED node 2 is not the latest: node 1 has entries that it has not',
    );
    const plan = planRecovery([ahead, behind], { ...asked, acceptedRisks: ['not-latest-base'] });
    expect([plan.base, plan.acceptedRisks]).toEqual([2, ['not-latest-base']]);
    expect(plan.survivors[0]?.dropped).toEqual({ first: 4, last: 4 });
  });

  test('a risk that is not there is not accepted', () => {
    const asked = wish([3, 4, 5], { acceptedRisks: ['not-latest-base'] });
    expect(refusal(() => planRecovery([lonelyLeader, knowing], asked))).toContain('there is no such risk here');
  });

  test('logs of which each lacks what the other one knows to be committed are of no use', () => {
    const left = collected({ id: 1, terms: [1, 2], commit: 3 });
    const right = collected({ id: 2, terms: [1, 3], commit: 3 });
    expect(refusal(() => planRecovery([left, right], wish([3, 4, 5])))).toContain('contradict each other');
  });

  test('what is compacted away was committed', () => {
    const compacted = collected({ id: 1, terms: [1, 1, 1, 2], commit: 5, compacted: 4 });
    const long = collected({ id: 2, terms: [1, 1], commit: 2 });
    expect(planRecovery([compacted, long], wish([3, 4, 5])).base).toBe(1);
  });
});

describe('what is refused', () => {
  const n1 = collected({ id: 1, terms: [1, 1], commit: 3 });
  const n2 = collected({ id: 2, terms: [1], commit: 2 });

  test.each([
    ['another cluster', { ...n2, clusterId: 'f'.repeat(32) }, 'cluster ids differ'],
    ['another incarnation', { ...n2, incarnation: 2 }, 'incarnations differ'],
    ['another state machine', { ...n2, stateMachine: 'register' }, 'state machines differ'],
    ['the same node twice', { ...n1 }, 'node 1 was collected twice'],
  ])('%s', (_, other, reason) => {
    expect(refusal(() => planRecovery([n1, other], wish([3, 4, 5])))).toContain(reason);
  });

  test.each([
    ['a node of which nobody knows', [3, 4], 'node 5: neither collected nor named as lost'],
    ['one that is collected and lost', [2, 3, 4, 5], 'node 2 is named as lost, and was collected'],
    ['a lost one that was never there', [3, 4, 5, 9], 'node 9 is named as lost, and was no member'],
  ])('%s', (_, lost, reason) => {
    expect(refusal(() => planRecovery([n1, n2], wish(lost)))).toContain(reason);
  });

  test('a survivor that was removed before', () => {
    const removed = collected({ id: 1, terms: [1, 1], commit: 3, changes: { 3: voters(1, 3, 4, 5) } });
    expect(refusal(() => planRecovery([removed, n2], wish([3, 4, 5])))).toBe(
      'E_REFUSED node 2 is not a member any more',
    );
  });

  test('a survivor that has heard of another recovery, without it', () => {
    expect(refusal(() => planRecovery([n1, { ...n2, supersededBy: 777 }], wish([3, 4, 5])))).toBe(
      'E_REFUSED the cluster was recovered without node 2',
    );
  });

  test('nobody at all', () => {
    expect(refusal(() => planRecovery([], wish([1, 2, 3, 4, 5])))).toContain('nothing was collected');
  });

  test('survivors that can elect a leader by the newest committed configuration, though not by an older one', () => {
    const shrunk = collected({ id: 1, terms: [1, 1], commit: 3, changes: { 3: voters(1, 2, 3) } });
    expect(refusal(() => planRecovery([shrunk, n2], wish([3])))).toContain('the quorum is not lost');
  });

  test('a configuration that nobody knows to be committed elects nobody', () => {
    const shrinking = collected({ id: 1, terms: [1, 1], commit: 2, changes: { 3: voters(1, 2, 3) } });
    const plan = planRecovery([shrinking, n2], wish([3, 4, 5]));
    expect([plan.agreed, plan.lastConfiguration.index, plan.start.confState]).toEqual([false, 3, voters(1, 2)]);
  });

  test('voters that did not survive, and a cluster without one', () => {
    expect(refusal(() => planRecovery([n1, n2], wish([3, 4, 5], { voters: [1, 3] })))).toContain(
      'node 3 is no survivor',
    );
    const learner = collected({ id: 4, terms: [1], commit: 2, config: { ...voters(1, 2, 3), learners: [4] } });
    expect(refusal(() => planRecovery([learner], wish([1, 2, 3])))).toBe('E_REFUSED no voter survives');
    expect(planRecovery([learner], wish([1, 2, 3], { voters: [4] })).start.confState).toEqual(voters(4));
  });
});

describe('members that a change takes out, which nobody knows to be committed', () => {
  const three = voters(1, 2, 3);
  // Node 1 wrote the removal of node 3 to its own disk. Node 3 may have become leader since, and may have committed something with node 2.
  const removing = collected({ id: 1, terms: [1, 5], commit: 2, config: three, changes: { 3: voters(1, 2) } });

  test('are to be accounted for: they may have gone on without it', () => {
    expect(refusal(() => planRecovery([removing], wish([2])))).toBe(
      'E_REFUSED node 3: neither collected nor named as lost',
    );
  });

  test('may be named as lost', () => {
    const plan = planRecovery([removing], wish([3, 2]));
    expect(plan.lost.map(({ id }) => id)).toEqual([2, 3]);
    expect(plan.quorums).toEqual([{ voters: [1, 2, 3], needed: 2, surviving: 1 }]);
    expect(plan.start.confState).toEqual(voters(1));
  });

  test('may be collected, and go on where theirs is the log that does', () => {
    const taken = collected({ id: 1, terms: [1, 5], commit: 2, changes: { 3: voters(1, 2, 4, 5) } });
    const alive = collected({ id: 3, terms: [1, 6], commit: 3 });
    const plan = planRecovery([taken, alive], wish([2, 4, 5]));
    expect([plan.base, plan.start.confState]).toEqual([3, voters(1, 3)]);
  });

  test('count as well where only a survivor that is not the base has the change', () => {
    const four = voters(1, 2, 3, 4);
    const adding = collected({ id: 1, terms: [1, 5], commit: 2, config: four, changes: { 3: voters(1, 2, 3, 4, 5) } });
    const base = collected({ id: 2, terms: [1, 6], commit: 2, config: four });
    expect(refusal(() => planRecovery([adding, base], wish([3, 4])))).toContain('node 5: neither collected');
    expect(planRecovery([adding, base], wish([3, 4, 5])).base).toBe(2);
  });
});

describe('a joint configuration that neither half can leave', () => {
  const joint = { ...voters(3, 4, 5), votersOutgoing: [1, 2, 3], autoLeave: true };
  const survivors = [1, 2, 3].map((id) => collected({ id, terms: [1, 1], commit: 3, changes: { 3: joint } }));

  test('one half must be chosen', () => {
    expect(refusal(() => planRecovery(survivors, wish([4, 5])))).toContain('E_JOINT');
  });

  test.each([
    ['incoming', [3], [1, 2]],
    ['outgoing', [1, 2, 3], []],
    ['survivors', [1, 2, 3], []],
  ] as const)('%s: its voters that survive go on, the others learn', (fromJoint, wanted, learners) => {
    const plan = planRecovery(survivors, wish([4, 5], { fromJoint }));
    expect(plan.start.confState).toEqual({ ...voters(...wanted), learners: [...learners] });
    expect(plan.fromJoint).toBe(fromJoint);
    expect(plan.quorums.map(({ needed, surviving }) => [needed, surviving])).toEqual([
      [2, 1],
      [2, 3],
    ]);
  });

  test('there is nothing to choose where it is not joint', () => {
    const n1 = collected({ id: 1, terms: [1], commit: 2 });
    expect(refusal(() => planRecovery([n1], wish([2, 3, 4, 5], { fromJoint: 'incoming' })))).toContain('E_NOT_JOINT');
  });
});

describe('the incarnation that a plan leads to', () => {
  const survivor = (id: number, incarnation = 1) => ({ ...collected({ id, terms: [1], commit: 2 }), incarnation });
  const incarnationOf = (ids: readonly number[], more: Partial<RecoveryWish> = {}) => {
    const lost = [1, 2, 3, 4, 5].filter((id) => !ids.includes(id));
    return planRecovery(
      ids.map((id) => survivor(id)),
      wish(lost, more),
    ).incarnation.after;
  };

  test('is another one for a plan of other survivors, or with other voters: two clusters never take each other for one', () => {
    const found = [
      incarnationOf([1, 2]),
      incarnationOf([3, 4]),
      incarnationOf([1]),
      incarnationOf([1, 2], { voters: [1] }),
      incarnationOf([1, 2], { base: 2 }),
    ];
    expect(new Set(found).size).toBe(found.length);
  });

  test('is the same whoever makes the plan, and whenever', () => {
    expect(incarnationOf([2, 1], { by: 'other@host', reason: 'flood', createdAt: '2027-01-01T00:00:00.000Z' })).toBe(
      incarnationOf([1, 2]),
    );
  });

  test('is later than the one before, with room on the wire for 65535 recoveries', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 - 1 - 2 ** 16 }), (before) => {
        const plan = planRecovery([survivor(1, before)], wish([2, 3, 4, 5]));
        expect(plan.incarnation.before).toBe(before);
        expect(plan.incarnation.after).toBeGreaterThan(before);
        expect(plan.incarnation.after).toBeLessThanOrEqual(before + 2 ** 16);
      }),
    );
  });
});

test('what a plan rests on does not change with a term, and does with anything else', () => {
  const node = collected({ id: 1, terms: [1, 1], commit: 2 });
  const digest = contentDigest(node);
  expect(contentDigest({ ...node, hardState: { ...node.hardState, term: 40, vote: 3 } })).toBe(digest);
  expect(contentDigest({ ...node, hardState: { ...node.hardState, commit: 3 } })).not.toBe(digest);
  expect(contentDigest({ ...node, stateDigest: 'other' })).not.toBe(digest);
  expect(contentDigest({ ...node, logDigest: 'other' })).not.toBe(digest);
});
