import { describe, expect, test } from 'vitest';
import { MessageType } from '../../src/gen/raft/v1/raft.js';
import { EMPTY } from '../../src/raft/messages.js';
import { bytes, message, Network } from './network.js';

/** Types of what node 1 sends after one proposal, to node 2 alone, while its group of three is whole. */
function saidTo2AfterProposal(network: Network): string[] {
  const from = network.sent.length;
  network.propose(1, 'x');
  return network.sent
    .slice(from)
    .filter(({ from: sender, to }) => sender === 1 && to === 2)
    .map(({ msgType, entries }) => `${MessageType[msgType]} ${entries.length}`);
}

describe('settings that change while the node runs', () => {
  test('setSkipBcastCommit: silent commits can be switched on, and off again', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    expect(saidTo2AfterProposal(network)).toEqual(['APPEND 1', 'APPEND 0']);
    network.node(1).knobs.setSkipBcastCommit(true);
    expect(saidTo2AfterProposal(network)).toEqual(['APPEND 1']);
    const { raftLog } = network.node(1).raft;
    expect([raftLog.committed, network.node(2).raft.raftLog.committed]).toEqual([3, 2]);
    network.node(1).knobs.setSkipBcastCommit(false);
    expect(saidTo2AfterProposal(network)).toEqual(['APPEND 1', 'APPEND 0']);
  });

  test('adjustMaxInflightMsgs: a peer that is being probed still gets its one append, and the new window after it', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.node(1).reportUnreachable(2);
    network.node(1).knobs.adjustMaxInflightMsgs(2, 1);
    expect(network.node(1).raft.tracker.get(2)?.isPaused()).toBe(false);
    for (const data of ['a', 'b', 'c']) network.node(1).propose(EMPTY, bytes(data));
    expect(
      network
        .peer(1)
        .work()
        .filter(({ to }) => to === 2),
    ).toHaveLength(1);
    network.tick(1, 2);
    const progress = network.node(1).raft.tracker.get(2);
    expect([progress?.state, progress?.matched]).toEqual(['replicate', 4]);
    for (const data of ['d', 'e']) network.node(1).propose(EMPTY, bytes(data));
    expect(
      network
        .peer(1)
        .work()
        .filter(({ to, entries }) => to === 2 && entries.length > 0),
    ).toHaveLength(1);
  });

  test('adjustMaxInflightMsgs to nothing: an answer to what was under way brings the disabled peer nothing more', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    const { node } = network.peer(1);
    for (const data of ['a', 'b']) node.propose(EMPTY, bytes(data));
    network.peer(1).work();
    node.knobs.adjustMaxInflightMsgs(2, 0);
    node.propose(EMPTY, bytes('c'));
    node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 1, index: 2 }));
    expect(
      network
        .peer(1)
        .work()
        .filter(({ to, entries }) => to === 2 && entries.length > 0),
    ).toEqual([]);
    node.knobs.adjustMaxInflightMsgs(2, 8);
    node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 1, index: 3 }));
    expect(
      network
        .peer(1)
        .work()
        .filter(({ to }) => to === 2)
        .flatMap(({ entries }) => entries.map(({ index }) => index)),
    ).toEqual([4]);
  });

  test('setRandomizedElectionTimeout, setPriority and setCheckQuorum take effect at once', () => {
    const network = Network.ofVoters(3);
    network.node(1).knobs.setRandomizedElectionTimeout(10);
    network.node(2).knobs.setPriority(7);
    network.node(3).knobs.setPriority(7);
    for (let ticks = 0; ticks < 10; ticks++) network.node(1).tick();
    network.settle();
    // It campaigned on its tenth tick, and the others, which come before it now, did not vote for it.
    expect([network.node(1).raft.term, network.node(1).raft.role]).toEqual([1, 'follower']);
    network.node(1).knobs.setPriority(7);
    network.campaign(1);
    expect(network.leader.raft.id).toBe(1);
    network.isolate(1);
    network.tick(1, 30);
    expect(network.leader.raft.id).toBe(1);
    network.node(1).knobs.setCheckQuorum(true);
    network.tick(1, 20);
    expect(network.node(1).raft.role).toBe('follower');
  });
});
