import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfChangeTransition, type ConfChangeV2, type ConfState } from '../../src/gen/raft/v1/raft.js';
import type { PlannedChange } from '../../src/membership/index.js';
import { stringifyConfChange } from '../../src/raft/conf-change.js';
import { Changer } from '../../src/raft/confchange/changer.js';
import { JointConfig } from '../../src/raft/quorum/joint.js';
import { MajorityConfig } from '../../src/raft/quorum/majority.js';
import { Configuration } from '../../src/raft/tracker/configuration.js';
import { healthy, plan, type Wanted } from './facts.js';

const words = (changes: readonly (ConfChangeV2 | undefined)[]) =>
  changes.map((change) => (change === undefined ? '-' : stringifyConfChange(change.changes)));
/** A change of several nodes is joint. */
const way = (learnersFirst: string[], catchUp: number[], final: string) => ({
  learnersFirst,
  catchUp,
  final,
  joint: final.includes(' '),
});
const wayOf = ({ learnersFirst, catchUp, final, joint }: PlannedChange) => ({
  learnersFirst: words(learnersFirst),
  catchUp,
  final: words([final])[0],
  joint,
});

describe('the way to a target', () => {
  it.each<[string, Partial<ConfState>, Wanted, ReturnType<typeof way>]>([
    ['one voter less', { voters: [1, 2, 3] }, { voters: [1, 3] }, way([], [], 'r2')],
    ['a voter for a voter', { voters: [1, 2, 3] }, { voters: [1, 3, 4], peers: [4] }, way(['l4'], [4], 'v4 r2')],
    ['one new voter', { voters: [1, 2, 3] }, { voters: [1, 2, 3, 4], peers: [4] }, way(['l4'], [4], 'v4')],
    [
      'a new voter and a new learner',
      { voters: [1] },
      { voters: [1, 4], learners: [5], peers: [4, 5] },
      way(['l4', 'l5'], [4], 'v4'),
    ],
    ['a learner promoted', { voters: [1, 2], learners: [3] }, { voters: [1, 2, 3] }, way([], [3], 'v3')],
    ['a voter demoted', { voters: [1, 2, 3] }, { learners: [3] }, way([], [], 'l3')],
    ['two swapped', { voters: [1, 2], learners: [3] }, { voters: [1, 3], learners: [2] }, way([], [3], 'v3 l2')],
    ['new learners', { voters: [1] }, { learners: [4, 5], peers: [4, 5] }, way(['l4', 'l5'], [], '-')],
    ['another learner', { voters: [1], learners: [4] }, { learners: [5], peers: [5] }, way(['l5'], [], 'r4')],
    [
      'one voter less and two learners more',
      { voters: [1, 2, 3] },
      { voters: [1, 3], learners: [4, 5], peers: [4, 5] },
      way([], [], 'l4 l5 r2'),
    ],
    ['all others', { voters: [1] }, { voters: [2, 3], peers: [2, 3] }, way(['l2', 'l3'], [2, 3], 'v2 v3 r1')],
  ])('%s', (_, sets, wanted, expected) => {
    expect(wayOf(plan(healthy(sets), wanted))).toEqual(expected);
  });

  it('to another address is one change that updates the member', () => {
    const members = [1, 2].map((id) => ({ id, name: `n${id}`, address: `old:${id}`, addedIndex: 1 }));
    const planned = plan(healthy({ voters: [1, 2] }, { members }), { peers: [2] });
    expect(wayOf(planned)).toMatchObject({ final: 'u2', joint: false });
    expect(planned).toMatchObject({ unchanged: false, members: [{ id: 2, address: '10.0.0.2:7400', addedIndex: 1 }] });
  });

  it('stays joint where that is asked for, even for a single node', () => {
    const planned = plan(healthy({ voters: [1, 2, 3] }), { voters: [1, 3], explicitLeave: true });
    expect(planned.joint).toBe(true);
    expect(planned.final?.transition).toBe(ConfChangeTransition.EXPLICIT);
    const learner = plan(healthy({ voters: [1] }), { learners: [5], peers: [5], explicitLeave: true });
    expect(wayOf(learner)).toEqual({ learnersFirst: [], catchUp: [], final: 'l5', joint: true });
  });

  it('is empty where the target is there', () => {
    const planned = plan(healthy({ voters: [1, 2, 3], learners: [4] }), { voters: [3, 2, 1] });
    expect(planned.unchanged).toBe(true);
    expect(planned.plan.steps).toEqual([]);
    expect(wayOf(planned)).toEqual({ learnersFirst: [], catchUp: [], final: '-', joint: false });
  });
});

/** Which set each of the nodes 1, 2, … is in. */
type Places = readonly ('voter' | 'learner' | 'nowhere')[];
const idsIn = (places: Places, place: string) => places.flatMap((is, at) => (is === place ? [at + 1] : []));
const setsOf = (places: Places) => ({ voters: idsIn(places, 'voter'), learners: idsIn(places, 'learner') });

function allPlaces(count: number): Places[] {
  if (count === 0) return [[]];
  return allPlaces(count - 1).flatMap((rest) => (['voter', 'learner', 'nowhere'] as const).map((is) => [...rest, is]));
}

/** Carries a plan out on the core's own arithmetic, and holds it to the rules of changing members. */
function carryOut(from: Places, to: Places, explicitLeave: boolean): void {
  const [now, target] = [setsOf(from), setsOf(to)];
  const everybody = from.map((_, at) => at + 1);
  const facts = healthy({ voters: now.voters, learners: now.learners });
  const peers = everybody.filter((id) => from[id - 1] === 'nowhere' && to[id - 1] !== 'nowhere');
  const planned = plan(facts, { ...target, peers, explicitLeave });

  let conf = new Configuration(
    new JointConfig(new MajorityConfig(now.voters), new MajorityConfig([])),
    new Set(now.learners),
    new Set(),
    false,
  );
  const wasMember = new Set([...now.voters, ...now.learners]);
  const apply = (change: ConfChangeV2) => {
    conf = new Changer({ conf }).apply(change).conf;
  };
  for (const change of planned.learnersFirst) apply(change);
  const learnersBefore = new Set(conf.learners);
  if (planned.final !== undefined) apply(planned.final);
  const isJoint = conf.isJoint();
  if (isJoint) {
    if (conf.autoLeave) throw new Error('left by the core, and not by whoever carries out the change');
    apply({ transition: ConfChangeTransition.AUTO, changes: [], context: new Uint8Array() });
  }

  const reached = `${[...conf.voters.incoming.ids]} / ${[...conf.learners].toSorted()}`;
  const problems = [
    isJoint !== planned.joint && 'joint against the plan',
    reached !== `${target.voters} / ${target.learners}` && `reached ${reached}`,
    planned.catchUp.some((id) => !learnersBefore.has(id)) && 'a voter that was no learner first',
    target.voters.some((id) => !now.voters.includes(id) && !planned.catchUp.includes(id)) && 'a voter not waited for',
    planned.plan.safety.length !== (planned.joint ? 3 : 2) && 'phases',
    planned.members.some(({ id }) => wasMember.has(id)) && 'a member written down again',
  ].filter((problem) => problem !== false);
  if (problems.length > 0) expect({ now, target, explicitLeave, problems }).toEqual({ problems: [] });
}

describe('carried out by the core', () => {
  const hasVoter = (places: Places) => places.includes('voter');

  it('every plan from and to every configuration of up to 4 nodes reaches its target by the rules', () => {
    let carriedOut = 0;
    const all = allPlaces(4).filter(hasVoter);
    for (const from of all) {
      for (const to of all) {
        carryOut(from, to, false);
        carriedOut += 1;
      }
    }
    expect(carriedOut).toBe(65 * 65);
  });

  it('so do plans of up to 7 nodes drawn by chance, and those that stay joint', () => {
    const place = fc.constantFrom('voter' as const, 'learner' as const, 'nowhere' as const);
    const places = fc.array(place, { minLength: 7, maxLength: 7 }).filter(hasVoter);
    fc.assert(
      fc.property(places, places, fc.boolean(), (from, to, explicitLeave) => {
        fc.pre(!explicitLeave || JSON.stringify(from) !== JSON.stringify(to));
        carryOut(from, to, explicitLeave);
      }),
      { numRuns: 1000 },
    );
  });
});
