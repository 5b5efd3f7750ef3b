import { describe, expect, it } from 'vitest';
import { RaftctlError } from '../../src/base/errors.js';
import { PromoteWhen } from '../../src/gen/raftctl/v1/member.js';
import { type PlanningFacts, planChange } from '../../src/membership/index.js';
import { healthy, plan, request, type Wanted } from './facts.js';

const manual = { when: PromoteWhen.MANUAL, voterDownMs: 0 };
const cluster = healthy({ voters: [3, 1, 2], learners: [4] });
const targetOf = (wanted: Wanted, facts: PlanningFacts = cluster) => {
  const { voters, learners } = plan(facts, wanted).target;
  return `${voters.join()} / ${learners.join()}`;
};

describe('the target of a change', () => {
  it.each<[string, Wanted, string]>([
    ['a set that is given is the whole target: who is not named leaves', { voters: [1, 3] }, '1,3 / 4'],
    ['both sets', { voters: [1, 3], learners: [4, 5], peers: [5] }, '1,3 / 4,5'],
    ['a set left out stays, less the ids that the voters take', { voters: [1, 2, 3, 4] }, '1,2,3,4 / '],
    ['a set left out stays, less the ids that the learners take', { learners: [3] }, '1,2 / 3'],
    ['no learners at all', { learners: [] }, '1,2,3 / '],
    ['only an address', { peers: [4] }, '1,2,3 / 4'],
    ['in any order', { voters: [3, 2, 1], learners: [4] }, '1,2,3 / 4'],
  ])('%s', (_, wanted, sets) => {
    expect(targetOf(wanted)).toBe(sets);
  });

  it.each<[string, Wanted, string]>([
    ['nothing asked for', {}, 'names neither voters nor learners nor peers'],
    ['one node in both sets', { voters: [1, 2], learners: [2] }, 'node 2 is named as a voter and as a learner'],
    ['no voters', { voters: [] }, 'no voter would be left'],
    ['all voters made learners', { learners: [1, 2, 3] }, 'no voter would be left'],
    ['a node without an address', { voters: [1, 3, 9] }, 'member 9 has no known address'],
    ['an id twice', { voters: [1, 3, 3] }, 'node 3 is named twice among the voters'],
    ['id 0', { learners: [0] }, '0 is not a node id'],
    [
      'an address for nobody',
      { voters: [1], peers: [8] },
      'node 8 is given the address 10.0.0.8:7400, but is in neither set',
    ],
    ['an address given twice', { learners: [5], peers: [5, 5] }, 'node 5 is given two addresses'],
    ['somebody to promote where nobody is new', { voters: [1, 2], promotion: manual }, 'makes no new voter'],
    ['a spare that is to vote', { voters: [1, 2, 3, 5], peers: [5], keepSpare: true }, 'node 5 would become a voter'],
    ['a spare where nobody is new', { learners: [], keepSpare: true }, 'there is no spare to keep'],
    [
      'very many nodes',
      { learners: Array.from({ length: 1000 }, (_, at) => at + 10) },
      '1003 nodes are more than the 64',
    ],
  ])('is no target: %s', (_, wanted, why) => {
    const attempt = () => plan(cluster, wanted);
    expect(attempt).toThrow(RaftctlError);
    expect(attempt).toThrow(why);
    expect(attempt).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
  });

  it('takes an address from what a node announced of itself', () => {
    const announced = [{ id: 5, name: 'new', address: 'elsewhere:1', addedIndex: 0 }];
    const planned = plan(healthy({ voters: [1] }, { announced }), { learners: [5] });
    expect(planned.members).toEqual([{ id: 5, name: 'new', address: 'elsewhere:1', addedIndex: 0 }]);
  });

  it('does not take one address for two nodes', () => {
    const peers = [{ id: 5, name: '', address: '10.0.0.2:7400', addedIndex: 0 }];
    const wanted = { ...request({ learners: [4, 5] }), peers };
    expect(() => planChange(cluster, wanted)).toThrow('nodes 2 and 5 have the same address, 10.0.0.2:7400');
  });
});
