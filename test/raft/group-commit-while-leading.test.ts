import { expect, test } from 'vitest';
import { Network } from './network.js';

/** A leader with group commit on but no groups assigned: entries wait for everybody, and 3 does not answer. */
function held(): Network {
  const network = Network.ofVoters(3);
  network.campaign(1);
  network.node(1).knobs.enableGroupCommit(true);
  network.isolate(3);
  network.propose(1, 'x');
  expect(network.node(1).raft.raftLog.committed).toBe(1);
  return network;
}

test('groups that are assigned while entries wait for them let these be committed, and the peers are told', () => {
  const network = held();
  network.node(1).knobs.assignCommitGroups([
    [1, 1],
    [2, 2],
  ]);
  network.settle();
  expect([1, 2].map((id) => network.peer(id).commands)).toEqual([['x'], ['x']]);
});

test('so does switching group commit off', () => {
  const network = held();
  network.node(1).knobs.enableGroupCommit(false);
  network.settle();
  expect([1, 2].map((id) => network.peer(id).commands)).toEqual([['x'], ['x']]);
});
