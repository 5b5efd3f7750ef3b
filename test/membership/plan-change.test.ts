import { describe, expect, it } from 'vitest';
import { ChangePhase } from '../../src/gen/raftctl/v1/member.js';
import type { PlannedChange } from '../../src/membership/index.js';
import { healthy, plan } from './facts.js';

const three = { voters: [1, 2, 3] };
const stepsOf = ({ plan }: PlannedChange) => plan.steps.map(({ phase, text }) => `${ChangePhase[phase]} ${text}`);
const safetyOf = ({ plan }: PlannedChange) =>
  plan.safety.map(({ phase, sets, tolerates, minimalCuts }) => {
    const quorums = sets.map(
      ({ voters, needed, live }) => `${needed}/${voters.length} of ${voters.join('')}, ${live} live`,
    );
    const cuts = minimalCuts.map(({ ids }) => ids.join(''));
    return `${phase}: ${quorums.join(' and ')}; ${tolerates}; ${cuts.join(' ')}`;
  });

describe('the plan of --voters 1,3 --learners 4,5', () => {
  const planned = plan(healthy(three), { voters: [1, 3], learners: [4, 5], peers: [4, 5] });

  it('says step by step what happens', () => {
    expect(stepsOf(planned)).toEqual([
      'ENTERING_JOINT add learners 4,5; remove voter 2: one joint change, committed by 2 of {1,2,3}',
      'JOINT joint: commits and elections need 2 of {1,2,3} AND 2 of {1,3}',
      'LEAVING_JOINT leave joint (automatic): committed by both',
      'DONE n2 stops receiving entries, and may be stopped',
    ]);
  });

  it('says what each phase needs and stands', () => {
    expect(safetyOf(planned)).toEqual([
      'now: 2/3 of 123, 3 live; 1; 12 13 23',
      'joint: 2/3 of 123, 3 live and 2/2 of 13, 2 live; 0; 1 3',
      'after: 2/2 of 13, 2 live; 0; 1 3',
    ]);
  });

  it('knows a target of the same nodes that tolerates more', () => {
    expect(planned.plan.instead).toBe('--voters 1,3,4 --learners 5');
  });

  it('names the configurations and the members of both', () => {
    expect(planned.plan.to).toMatchObject({ voters: [1, 3], learners: [4, 5], votersOutgoing: [] });
    expect(planned.plan.configIndex).toBe(118);
    expect(planned.plan.members.map(({ id, address }) => `${id}=${address}`)).toEqual(
      [1, 2, 3, 4, 5].map((id) => `${id}=10.0.0.${id}:7400`),
    );
    expect(planned.members.map(({ id }) => id)).toEqual([4, 5]);
  });
});

describe('the steps of a plan', () => {
  it('let a new voter learn before it votes', () => {
    const planned = plan(healthy(three), { voters: [1, 3, 4], learners: [5], peers: [4, 5] });
    expect(stepsOf(planned)).toEqual([
      'ADDING_LEARNERS add learners 4,5: 2 simple changes, committed by 2 of {1,2,3}',
      'CATCHING_UP wait until 4 is within 1000 entries of the leader',
      'ENTERING_JOINT promote learner 4; remove voter 2: one joint change, committed by 2 of {1,2,3}',
      'JOINT joint: commits and elections need 2 of {1,2,3} AND 2 of {1,3,4}',
      'LEAVING_JOINT leave joint (automatic): committed by both',
      'DONE n2 stops receiving entries, and may be stopped',
    ]);
    expect(planned.plan.instead).toBe('');
  });

  it('hand leadership over before the leader leaves', () => {
    expect(stepsOf(plan(healthy(three), { voters: [2, 3] }))).toEqual([
      'HANDING_OVER hand leadership over from n1 to n2',
      'CHANGING remove voter 1: one simple change, committed by 2 of {1,2,3}',
      'DONE n1 stops receiving entries, and may be stopped',
    ]);
  });

  it('hand leadership over while joint where new voters are there to take it, to whom it is asked for', () => {
    const wanted = { voters: [4, 5, 6], peers: [4, 5, 6] };
    const handsOver = (planned: PlannedChange) => stepsOf(planned).slice(3, 5);
    expect(handsOver(plan(healthy(three), wanted))).toEqual([
      'JOINT joint: commits and elections need 2 of {1,2,3} AND 2 of {4,5,6}',
      'HANDING_OVER hand leadership over from n1 to n4',
    ]);
    expect(handsOver(plan(healthy(three), { ...wanted, leaderAfter: 6 }))[1]).toBe(
      'HANDING_OVER hand leadership over from n1 to n6',
    );
  });

  it('hand leadership over to a new voter once it is one', () => {
    const planned = plan(healthy({ voters: [1], learners: [2] }), { voters: [1, 2], leaderAfter: 2 });
    expect(stepsOf(planned).slice(1)).toEqual([
      'CHANGING promote learner 2: one simple change, committed by 1 of {1}',
      'HANDING_OVER hand leadership over from n1 to n2',
    ]);
  });

  it('let nobody lead afterwards who is no voter then', () => {
    expect(() => plan(healthy(three), { voters: [1, 3], leaderAfter: 2 })).toThrow(
      'node 2 is to lead afterwards, but is no voter of the target: those are 1, 3',
    );
  });

  it('are no way out of a joint configuration that nobody is changing', () => {
    const planned = plan(healthy({ voters: [1, 3], votersOutgoing: [1, 2, 3] }), { voters: [1, 3] });
    expect(planned.refusal).toMatchObject({
      code: 'E_CHANGE_RUNNING',
      hint: 'raftctl member change leave, or back: raftctl member change abort',
    });
  });

  it('wait to be asked where that is wanted', () => {
    const planned = plan(healthy(three), { voters: [1, 3], explicitLeave: true });
    expect(stepsOf(planned)[2]).toBe(
      'LEAVING_JOINT leave joint (when it is asked for: raftctl member change leave): committed by both',
    );
  });
});

describe('a better target', () => {
  it('is none where nothing is lost', () => {
    expect(plan(healthy(three), { voters: [1, 2, 4], peers: [4] }).plan.instead).toBe('');
  });

  it('is none where the nodes of the target have no more to give, or it would be to do nothing', () => {
    expect(plan(healthy(three), { voters: [1, 3] }).plan.instead).toBe('');
    expect(plan(healthy(three), { voters: [1, 3], learners: [2] }).plan.instead).toBe('');
  });

  it('does not count on a learner that is down', () => {
    const facts = healthy({ voters: [1, 2, 3], learners: [4, 5] }, { live: new Set([1, 2, 3, 5]) });
    expect(plan(facts, { voters: [1, 3], learners: [4, 5] }).plan.instead).toBe('--voters 1,3,5 --learners 4');
  });

  it('says that no learner is left', () => {
    const facts = healthy({ voters: [1, 2, 3] });
    expect(plan(facts, { voters: [1, 3], learners: [4], peers: [4] }).plan.instead).toBe(
      '--voters 1,3,4 --learners none',
    );
  });
});
