import { describe, expect, test } from 'vitest';
import { planRestore, type SnapshotFacts } from '../../src/recovery/index.js';

const confState = { voters: [1, 2, 3], votersOutgoing: [], learners: [4], learnersNext: [], autoLeave: false };
const facts: SnapshotFacts = {
  sha256: 'ab'.repeat(32),
  bytes: 4096,
  index: 500,
  term: 7,
  createdAt: '2026-01-01T00:00:00.000Z',
  clusterId: '0123456789abcdef0123456789abcdef',
  clusterName: 'prod',
  incarnation: 3,
  stateMachine: 'kv',
  configuration: { index: 118, confState },
  members: [1, 2, 3, 4].map((id) => ({ id, name: `node-${id}`, address: `10.0.0.${id}:7400` })),
};
const wish = { by: 'op@host', reason: 'bad deploy', createdAt: '2026-02-01T00:00:00.000Z' };
const at = (id: number) => ({ id, address: `10.0.1.${id}:7400` });

describe('a restore', () => {
  const plan = planRestore(facts, wish);

  test('has the members of the snapshot, where they were, unless others are named', () => {
    expect(plan.members.map(({ id, role }) => [id, role])).toEqual([
      [1, 'voter'],
      [2, 'voter'],
      [3, 'voter'],
      [4, 'learner'],
    ]);
    expect(plan.dropped).toEqual([]);
    const other = planRestore(facts, { ...wish, voters: [at(7), at(2)], learners: [at(1)] });
    expect(other.members).toEqual([
      { id: 1, name: 'node-1', address: '10.0.1.1:7400', role: 'learner' },
      { id: 2, name: 'node-2', address: '10.0.1.2:7400', role: 'voter' },
      { id: 7, name: 'n7', address: '10.0.1.7:7400', role: 'voter' },
    ]);
    expect(other.dropped.map(({ id }) => id)).toEqual([3, 4]);
    expect(other.start.confState).toEqual({ ...confState, voters: [2, 7], learners: [1] });
  });

  test('begins an entry and a term behind the snapshot', () => {
    expect(plan.start).toMatchObject({ index: 501, term: 8 });
  });

  test('is of an incarnation later than any the cluster was of, and than that of another plan', () => {
    expect(plan.incarnation.before).toBe(3);
    expect(plan.incarnation.after).toBeGreaterThan(3);
    expect(planRestore(facts, wish)).toEqual(plan);
    const later = planRestore(facts, { ...wish, latestIncarnation: 40_213 });
    expect(later.incarnation.before).toBe(40_213);
    expect(later.incarnation.after).toBeGreaterThan(40_213);
    const again = planRestore(facts, { ...wish, createdAt: '2026-02-02T00:00:00.000Z' });
    expect(again.incarnation.after).not.toBe(plan.incarnation.after);
    expect(planRestore({ ...facts, incarnation: null }, wish).incarnation.before).toBe(1);
  });

  test.each([
    ['no voter', { voters: [], learners: [at(1)] }, 'E_USAGE', 'at least one voter'],
    ['learners alone', { learners: [at(1)] }, 'E_USAGE', 'name the voters too'],
    ['a node twice', { voters: [at(1), at(1)] }, 'E_USAGE', 'node 1 is named twice'],
    ['a node in both sets', { voters: [at(1)], learners: [at(1)] }, 'E_USAGE', 'node 1 is named twice'],
    ['an address twice', { voters: [at(1), { ...at(1), id: 2 }] }, 'E_USAGE', 'two nodes have the address'],
  ])('is refused with %s', (_, members, code, message) => {
    expect(() => planRestore(facts, { ...wish, ...members })).toThrow(expect.objectContaining({ code }));
    expect(() => planRestore(facts, { ...wish, ...members })).toThrow(message);
  });

  test('of a joint configuration wants to be told who is a member', () => {
    const joint = { ...facts, configuration: { index: 118, confState: { ...confState, votersOutgoing: [1, 2] } } };
    expect(() => planRestore(joint, wish)).toThrow(expect.objectContaining({ code: 'E_JOINT' }));
    expect(planRestore(joint, { ...wish, voters: [at(1)] }).start.confState.votersOutgoing).toEqual([]);
  });

  test('wants to be told where a member is that the snapshot has no address of', () => {
    const silent = { ...facts, members: facts.members.map((member) => ({ ...member, address: '' })).slice(0, 1) };
    expect(() => planRestore(silent, wish)).toThrow(expect.objectContaining({ code: 'E_REFUSED' }));
  });
});
