import { describe, expect, it } from 'vitest';
import { CheckStatus } from '../../src/gen/raftctl/v1/member.js';
import type { CheckId, PlannedChange, PlanningFacts } from '../../src/membership/index.js';
import { abilityCheckRows } from './ability-check-rows.js';
import { healthy, plan, type Wanted } from './facts.js';
import { type CheckRow, directory, left, nodeCheckRows, says } from './node-check-rows.js';

const words = { [CheckStatus.OK]: 'ok', [CheckStatus.WARN]: 'warn', [CheckStatus.FAIL]: 'fail' };
const verdictOf = ({ plan }: PlannedChange, id: CheckId) => {
  const check = plan.checks.find((other) => other.id === id);
  if (check === undefined || check.status === CheckStatus.UNSPECIFIED) throw new Error(`no verdict of ${id}`);
  return `${words[check.status]}: ${check.message}`;
};

const three = { voters: [1, 2, 3] };
const live = (...ids: number[]): Partial<PlanningFacts> => ({ live: new Set(ids) });
const declining = (id: number) => says(id, { declinesLeadership: true });
const behind = (id: number, match: number, state: 'probe' | 'replicate' | 'snapshot' = 'replicate') => ({
  progress: new Map(
    [2, 3, 4].map((peer) => [peer, peer === id ? { match, state } : { match: 5000, state: 'replicate' as const }]),
  ),
});

const table: CheckRow[] = [
  ...nodeCheckRows,

  ['leader-stable', three, {}, { voters: [1, 3] }, 'ok: n1 has led for 60000 ms'],
  ['leader-stable', three, { leader: 0 }, { voters: [1, 3] }, 'fail: there is no leader'],
  [
    'leader-stable',
    three,
    { leaderForMs: 20 },
    { voters: [1, 3] },
    'warn: n1 has led for 20 ms, less than the election timeout of 1000 ms',
  ],

  ['no-change-in-flight', three, {}, { voters: [1, 3] }, 'ok: the configuration is stable since index 118'],
  ['no-change-in-flight', three, { runningChange: 'c7' }, { voters: [1, 3] }, 'fail: change c7 is running'],
  [
    'no-change-in-flight',
    three,
    { unappliedConfIndex: 120, applied: 119 },
    { voters: [1, 3] },
    'fail: the configuration change at index 120 is not applied yet (applied to 119)',
  ],
  [
    'no-change-in-flight',
    { voters: [1, 4], votersOutgoing: [1, 2, 3] },
    {},
    { voters: [1, 3] },
    'fail: the configuration is joint since index 118: {1,2,3} and {1,4}',
  ],
  [
    'no-change-in-flight',
    { voters: [1, 4], votersOutgoing: [1, 2, 3] },
    {},
    { voters: [1, 4] },
    'fail: the configuration is joint since index 118: {1,2,3} and {1,4}',
  ],

  ['no-transfer-in-flight', three, {}, { voters: [1, 3] }, 'ok: no transfer of leadership is running'],
  [
    'no-transfer-in-flight',
    three,
    { transferee: 3 },
    { voters: [1, 3] },
    'fail: leadership is being handed over to n3',
  ],

  [
    'config-index',
    three,
    {},
    { voters: [1, 3], ifConfigIndex: 118 },
    'ok: the configuration is that of index 118, as expected',
  ],
  [
    'config-index',
    three,
    {},
    { voters: [1, 3], ifConfigIndex: 90 },
    'fail: the configuration is that of index 118, not 90',
  ],

  ['target-nonempty', three, {}, { voters: [1, 3] }, 'ok: 2 voters: 1,3'],
  ['target-known', three, {}, { learners: [4], peers: [4] }, 'ok: the addresses of all 4 nodes are known'],

  [
    'tolerance-loss',
    three,
    {},
    { voters: [1, 2, 4], peers: [4] },
    'ok: every phase tolerates 1 failure or more, as now',
  ],
  [
    'tolerance-loss',
    three,
    {},
    { voters: [1, 3] },
    'warn: failure tolerance drops 1 -> 0: with voters 1,3 the loss of 1 alone, 3 alone stops writes',
  ],
  [
    'tolerance-loss',
    { voters: [1, 2, 3], learners: [4, 5] },
    live(1, 2, 3, 4),
    { voters: [3, 4, 5] },
    'warn: failure tolerance drops 1 -> 0: while joint the loss of 3 alone, 4 alone, 1+2 stops writes',
  ],

  ['even-voters', three, {}, { learners: [4], peers: [4] }, 'ok: 3 voters, an odd number'],
  ['even-voters', { voters: [1, 2] }, {}, { learners: [4], peers: [4] }, 'ok: 2 voters, an even number, as now'],
  [
    'even-voters',
    three,
    {},
    { voters: [1, 2, 3, 4], peers: [4] },
    'warn: 4 voters, an even number, tolerate 1 failure, no more than 3 do',
  ],

  ['incoming-quorum-live', three, {}, { voters: [1, 3] }, 'ok: the new voters {1,3} need 2, 2 are live and caught up'],
  [
    'incoming-quorum-live',
    three,
    live(1, 2),
    { voters: [1, 3] },
    'fail: the new voters {1,3} need 2, 1 are live and caught up: n3 is not live',
  ],
  [
    'incoming-quorum-live',
    three,
    behind(3, 10),
    { voters: [1, 3] },
    'fail: the new voters {1,3} need 2, 1 are live and caught up: n3 is 4990 entries behind',
  ],
  [
    'incoming-quorum-live',
    { voters: [1] },
    {},
    { voters: [1, 2, 3], peers: [2, 3] },
    'ok: the new voters {1,2,3} need 2, 3 are live and caught up: 2,3 to be waited for',
  ],

  ['outgoing-quorum-live', three, live(1, 3), { voters: [1, 3] }, 'ok: the voters of now {1,2,3} need 2, 2 are live'],
  ['outgoing-quorum-live', three, live(1), { voters: [1] }, 'fail: the voters of now {1,2,3} need 2, 1 are live'],

  ['learner-ready', three, {}, { voters: [1, 2, 3, 4], peers: [4] }, 'ok: no learner of now is promoted'],
  [
    'learner-ready',
    { voters: [1, 2, 3], learners: [4] },
    {},
    { voters: [1, 2, 4] },
    'ok: learner 4 replicating, within 1000 entries of the leader',
  ],
  [
    'learner-ready',
    { voters: [1, 2, 3], learners: [4] },
    behind(4, 3999),
    { voters: [1, 2, 4] },
    'fail: n4 is 1001 entries behind, 1000 are allowed',
  ],
  [
    'learner-ready',
    { voters: [1, 2, 3], learners: [4] },
    behind(4, 4000),
    { voters: [1, 2, 4], maxLag: 999 },
    'fail: n4 is 1000 entries behind, 999 are allowed',
  ],
  [
    'learner-ready',
    { voters: [1, 2, 3], learners: [4] },
    behind(4, 0, 'snapshot'),
    { voters: [1, 2, 4] },
    'fail: n4 is in state snapshot, at index 0 of 5000',
  ],
  ['learner-ready', { voters: [1, 2, 3], learners: [4] }, live(1, 2, 3), { voters: [1, 2, 4] }, 'fail: n4 is not live'],

  ['leader-removed', three, {}, { voters: [1, 3] }, 'ok: the leader, n1, stays a voter'],
  [
    'leader-removed',
    three,
    behind(2, 4990),
    { voters: [2, 3] },
    'ok: the leader, n1, leaves the voters; it hands over to n3 first',
  ],
  [
    'leader-removed',
    three,
    {},
    { voters: [4], peers: [4] },
    'ok: the leader, n1, leaves the voters; it hands over to n4 before the joint configuration is left',
  ],
  [
    'leader-removed',
    three,
    live(1, 2),
    { voters: [3, 4], peers: [4] },
    'ok: the leader, n1, leaves the voters; it hands over to n4 before the joint configuration is left',
  ],
  [
    'leader-removed',
    three,
    live(1),
    { voters: [2, 3] },
    'fail: the leader, n1, leaves the voters, and none of those that could take over, 2,3, is live and willing',
  ],
  [
    'leader-removed',
    three,
    declining(2),
    { voters: [2, 3] },
    'ok: the leader, n1, leaves the voters; it hands over to n3 first',
  ],
  [
    'leader-removed',
    three,
    declining(3),
    { voters: [3] },
    'fail: the leader, n1, leaves the voters, and none of those that could take over, 3, is live and willing',
  ],
  [
    'leader-removed',
    three,
    declining(2),
    { voters: [1, 2], leaderAfter: 2 },
    'warn: the leader, n1, stays a voter; n2, which is to lead, does not want to',
  ],
  [
    'leader-removed',
    three,
    declining(2),
    { voters: [2, 3], leaderAfter: 2 },
    'fail: the leader, n1, leaves the voters; n2, which is to lead, does not want to',
  ],
  [
    'leader-removed',
    three,
    {},
    { voters: [1, 2], leaderAfter: 2 },
    'ok: the leader, n1, stays a voter; it hands over to n2 first',
  ],
  [
    'leader-removed',
    three,
    live(1, 3),
    { voters: [1, 2], leaderAfter: 2 },
    'fail: the leader, n1, stays a voter; n2, which is to lead, is not live',
  ],
];

const everyRow = [...table, ...abilityCheckRows];

describe('a check', () => {
  it.each(everyRow)('%s', (id, sets, differs, wanted, verdict) => {
    expect(verdictOf(plan(healthy(sets, differs), wanted), id)).toBe(verdict);
  });

  it('is made of every plan: each of them once, each with an id of its own', () => {
    const ids = plan(healthy(three), { voters: [1, 3] }).plan.checks.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(everyRow.map(([id]) => id))).toEqual(new Set(ids));
  });
});

describe('a plan is refused', () => {
  const codeOf = (differs: Partial<PlanningFacts>, wanted: Wanted, sets = three as Parameters<typeof healthy>[0]) =>
    plan(healthy(sets, differs), wanted).refusal?.code;

  it('not for a warning', () => {
    const planned = plan(healthy(three), { voters: [1, 3], learners: [4, 5], peers: [4, 5] });
    expect(planned.plan.checks.some(({ status }) => status === CheckStatus.WARN)).toBe(true);
    expect(planned.refusal).toBeUndefined();
  });

  it('by a node that would not understand the log, whatever risk is accepted', () => {
    const old = says(4, { abilities: { features: [], certificateNames: [] } });
    expect(codeOf(old, { learners: [4], peers: [4] })).toBe('E_REFUSED');
    const risked = () => codeOf(old, { learners: [4], peers: [4], acceptRisks: ['feature-compat'] });
    expect(risked).toThrow('the check feature-compat cannot be accepted as a risk');
  });

  it('with the code of what stands in the way', () => {
    expect(codeOf({ leader: 0 }, { voters: [1, 3] })).toBe('E_NO_LEADER');
    expect(codeOf({}, { voters: [1, 3], ifConfigIndex: 5 })).toBe('E_CONFLICT');
    expect(codeOf({ runningChange: 'c' }, { voters: [1, 3] })).toBe('E_CHANGE_RUNNING');
    expect(codeOf({ transferee: 2 }, { voters: [1, 3] })).toBe('E_TRANSFER_IN_PROGRESS');
    expect(codeOf({}, { voters: [1] }, { voters: [1, 2], votersOutgoing: [1, 3] })).toBe('E_CHANGE_RUNNING');
    expect(codeOf(live(1, 2), { voters: [1, 3] })).toBe('E_REFUSED');
  });

  it('as stale, not as a slip, where it was made for another configuration and does not fit this one', () => {
    const stranger = { voters: [1, 2, 3], learners: [9] };
    expect(() => plan(healthy(three), stranger)).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
    expect(() => plan(healthy(three), { ...stranger, ifConfigIndex: 118 })).toThrow(
      expect.objectContaining({ code: 'E_USAGE' }),
    );
    expect(() => plan(healthy(three), { ...stranger, ifConfigIndex: 90 })).toThrow(
      expect.objectContaining({ code: 'E_CONFLICT', message: expect.stringContaining('not 90') }),
    );
  });

  it('naming every check that failed, unless it is accepted by its id', () => {
    const facts = healthy(three, live(1));
    const refusal = plan(facts, { voters: [1, 3] }).refusal;
    expect(refusal?.message).toBe('2 checks failed: incoming-quorum-live, outgoing-quorum-live');
    expect(refusal?.hint).toContain('--accept-risk incoming-quorum-live,outgoing-quorum-live');
    expect(plan(facts, { voters: [1, 3], acceptRisks: ['incoming-quorum-live'] }).refusal?.message).toContain(
      '1 check',
    );
    const acceptRisks = ['incoming-quorum-live', 'outgoing-quorum-live'];
    expect(plan(facts, { voters: [1, 3], acceptRisks }).refusal).toBeUndefined();
  });

  it.each([
    ['no-such-check', 'no check has the id no-such-check'],
    ['config-index', 'the check config-index cannot be accepted'],
    ['learner-ready', 'there is no risk learner-ready to accept'],
  ])('or never made, where a stale script accepts %s', (id, why) => {
    const attempt = () => plan(healthy(three), { voters: [1, 3], acceptRisks: [id] });
    expect(attempt).toThrow(why);
    expect(attempt).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
  });

  it('but not that a learner votes that has never had anything: it would be refused for good', () => {
    const wanted = { voters: [1, 2, 3, 4], acceptRisks: ['learner-ready'] };
    const learner = { voters: [1, 2, 3], learners: [4] };
    const silent = { ...live(1, 2, 3), ...behind(4, 0, 'probe') };
    const planned = plan(healthy(learner, silent), wanted);
    expect(verdictOf(planned, 'learner-ready')).toBe(
      'fail: n4 has never had anything of the log, and cannot vote without',
    );
    expect(planned.refusal).toMatchObject({ code: 'E_REFUSED', hint: 'put it right: this cannot be accepted' });
    // A new leader has heard nothing of it either; but the cluster knows its data directory.
    const members = healthy(learner).members.map((one) => (one.id === 4 ? { ...one, instance: directory('4') } : one));
    const dead = plan(healthy(learner, { ...silent, members }), wanted);
    expect(verdictOf(dead, 'learner-ready')).toBe('fail: n4 is not live');
    expect(dead.refusal).toBeUndefined();
  });

  it.each([directory('4'), undefined])(
    'not where a voter comes back: its row says with which data directory',
    (known) => {
      const facts = healthy(three, left(4, known));
      const wanted = { learners: [4], peers: [4] };
      const planned = plan(facts, wanted);
      expect(planned.refusal?.code).toBe(known === undefined ? 'E_REFUSED' : undefined);
      expect(planned.members.map(({ id, instance }) => [id, instance])).toEqual([[4, known]]);
      const other = { ...left(4, known), ...says(4, { instance: directory('f') }) };
      expect(plan(healthy(three, other), wanted).refusal?.message).toContain('id-reuse');
      const risked = plan(healthy(three, other), { ...wanted, acceptRisks: ['id-reuse'] });
      expect(risked.refusal).toBeUndefined();
      expect(risked.members[0]?.instance).toBeUndefined();
    },
  );

  it('but a repeated request may accept again what is done by now', () => {
    const planned = plan(healthy({ voters: [1, 3] }), { voters: [1, 3], acceptRisks: ['tolerance-loss'] });
    expect(planned.unchanged).toBe(true);
  });
});
