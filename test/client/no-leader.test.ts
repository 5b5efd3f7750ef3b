import { expect, test } from 'vitest';
import { explainAbsence } from '../../src/client/no-leader.js';
import { ConfState } from '../../src/gen/raft/v1/raft.js';
import { NodeStatus, Role } from '../../src/gen/raftctl/v1/cluster.js';
import { Member } from '../../src/gen/raftctl/v1/member.js';

const members = [1, 2, 3].map((id) => Member.create({ id, name: `n${id}`, address: `10.0.0.${id}:7400` }));
const confState = ConfState.create({ voters: [1, 2, 3] });

/** What node `id` answered. */
function answer(id: number, clusterId: string, incarnation: number) {
  const status = NodeStatus.create({ id, clusterId, incarnation, members, confState, role: Role.PRE_CANDIDATE });
  return { address: `10.0.0.${id}:7400`, status, rttMs: 1, clockAheadMs: undefined, isForeign: clusterId !== 'ours' };
}

test('a voter that answers, and does not count, is said to be up, with the reason', () => {
  const probes = [answer(1, 'ours', 2), answer(2, 'ours', 1), answer(3, 'theirs', 1)];
  expect(explainAbsence(probes, true).error).toMatchObject({
    code: 'E_NO_QUORUM',
    facts: [
      'n1  10.0.0.1:7400  up, term 0, pre-candidate',
      'n2  10.0.0.2:7400  up, of incarnation 1: the cluster was recovered or restored since, and is at 2',
      'n3  10.0.0.3:7400  up as node 3, of cluster theirs',
    ],
  });
});
