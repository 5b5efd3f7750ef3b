import { describe, expect, test } from 'vitest';
import { type Entry, MessageType } from '../../src/gen/raft/v1/raft.js';
import { MemStorage } from '../../src/raft/mem-storage.js';
import { EMPTY, emptyConfState } from '../../src/raft/messages.js';
import type { GetEntriesContext } from '../../src/raft/storage.js';
import { entry, message, Network, Peer, testConfig } from './network.js';

/** Far more ticks than any election time-out. */
const LONG = 100;

describe('a node that may not campaign (setCampaigns)', () => {
  test.each([true, false])('does not stand for election when its leader is gone (pre-vote: %s)', (preVote) => {
    const network = Network.ofVoters(3, { preVote });
    network.campaign(1);
    network.node(2).knobs.setCampaigns(false);
    network.isolate(1);
    const term = network.node(2).raft.term;
    network.tick(2, LONG);
    expect(network.node(2).raft).toMatchObject({ role: 'follower', term });
    expect(network.sent.some(({ from, msgType }) => from === 2 && msgType === MessageType.REQUEST_VOTE)).toBe(false);
  });

  test('gives others its vote, so that the group goes on', () => {
    const network = Network.ofVoters(3, { preVote: true, checkQuorum: true });
    network.campaign(1);
    network.node(2).knobs.setCampaigns(false);
    network.isolate(1);
    network.tick(2, LONG);
    network.tick(3, LONG);
    expect(network.leader.raft.id).toBe(3);
    network.propose(3, 'x');
    expect(network.peer(2).commands).toEqual(['x']);
  });

  test('holds nobody back by a priority of its own: it will not lead instead', () => {
    const network = Network.ofVoters(3, { preVote: true, checkQuorum: true });
    network.campaign(1);
    network.node(2).knobs.setPriority(10);
    network.isolate(1);
    network.node(2).knobs.setCampaigns(false);
    network.tick(2, LONG);
    network.tick(3, LONG);
    expect(network.leader.raft.id).toBe(3);
  });

  test('does not take over when its leader asks it to, which leads on after an election time-out', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.node(2).knobs.setCampaigns(false);
    network.node(1).transferLeader(2);
    network.settle();
    expect(network.sent.some(({ to, msgType }) => to === 2 && msgType === MessageType.TIMEOUT_NOW)).toBe(true);
    expect(network.node(2).raft).toMatchObject({ role: 'follower', term: 1 });
    network.tick(1, 10);
    expect(network.node(1).raft).toMatchObject({ role: 'leader', leadTransferee: 0 });
    network.propose(1, 'on it goes');
    expect(network.peer(2).commands).toEqual(['on it goes']);
  });

  test('does not campaign when it is told to, until it may again', () => {
    const network = Network.ofVoters(3);
    network.node(1).knobs.setCampaigns(false);
    network.campaign(1);
    expect(network.node(1).raft.role).toBe('follower');
    network.node(1).knobs.setCampaigns(true);
    network.campaign(1);
    expect(network.leader.raft.id).toBe(1);
  });

  test.each([true, false])(
    'gives a campaign up that is under way: late votes make no leader of it (pre-vote: %s)',
    (preVote) => {
      const network = Network.ofVoters(3, { preVote });
      const { node } = network.peer(1);
      node.campaign();
      network.peer(1).work();
      expect(node.raft.role).toBe(preVote ? 'pre-candidate' : 'candidate');
      const { term } = node.raft;
      node.knobs.setCampaigns(false);
      expect(node.raft).toMatchObject({ role: 'follower', term, leaderId: 0 });
      const msgType = preVote ? MessageType.REQUEST_PRE_VOTE_RESPONSE : MessageType.REQUEST_VOTE_RESPONSE;
      for (const from of [2, 3]) node.step(message(msgType, { from, to: 1, term: preVote ? term + 1 : term }));
      network.peer(1).work();
      expect(node.raft).toMatchObject({ role: 'follower', term });
    },
  );

  test('leads on where it leads, and hands over when it is told to', () => {
    const network = Network.ofVoters(3, { checkQuorum: true });
    network.campaign(1);
    network.node(1).knobs.setCampaigns(false);
    for (let round = 0; round < LONG; round++) network.tick(1);
    network.propose(1, 'x');
    expect(network.node(1).raft).toMatchObject({ role: 'leader', term: 1 });
    expect(network.peer(3).commands).toEqual(['x']);
    network.node(1).transferLeader(3);
    network.settle();
    expect(network.leader.raft.id).toBe(3);
    network.isolate(3);
    network.tick(1, LONG);
    expect(network.node(1).raft.role).not.toBe('leader');
    // Two requests: those of its first and only campaign.
    expect(network.sent.filter(({ from, msgType }) => from === 1 && msgType === MessageType.REQUEST_VOTE)).toHaveLength(
      2,
    );
  });

  test('forgets that it was to take over, and is not reminded when it may campaign again', () => {
    const network = Network.ofVoters(2);
    network.campaign(1);
    const { node } = network.peer(2);
    // A change of the configuration that is committed and not applied stands in the way of a campaign.
    network
      .node(1)
      .proposeConfChange(EMPTY, { transition: 0, changes: [{ changeType: 2, nodeId: 3 }], context: EMPTY });
    for (const one of network.peer(1).work()) node.step(one);
    node.step(message(MessageType.HEARTBEAT, { from: 1, to: 2, term: 1, commit: 2 }));
    const ready = node.ready();
    network.peer(2).write(ready);
    node.advanceAppend(ready);
    node.step(message(MessageType.TIMEOUT_NOW, { from: 1, to: 2, term: 1 }));
    expect(node.raft.takesOverWhenApplied).toBe(true);
    node.knobs.setCampaigns(false);
    node.knobs.setCampaigns(true);
    expect(node.raft).toMatchObject({ takesOverWhenApplied: false, role: 'follower' });
  });
});

test('storage is told why the log is looked at: before a campaign, and by a candidate that learns a commit index', () => {
  const asked: string[] = [];
  class ListeningStorage extends MemStorage {
    override entries(low: number, high: number, maxBytes: number, context: GetEntriesContext): Entry[] {
      asked.push(context.kind);
      return super.entries(low, high, maxBytes, context);
    }
  }
  const storage = new ListeningStorage();
  storage.initializeWithConfState({ ...emptyConfState(), voters: [1, 2, 3] });
  storage.append([entry(1, 1), entry(2, 1)]);
  storage.setHardState({ term: 1, vote: 0, commit: 1 });
  const { node } = new Peer(testConfig(1), storage);
  node.campaign();
  node.step(
    message(MessageType.REQUEST_VOTE_RESPONSE, { from: 2, to: 1, term: 2, reject: true, commit: 2, commitTerm: 1 }),
  );
  expect(asked).toEqual(['transfer-leader', 'commit-by-vote']);
  expect([node.raft.role, node.raft.raftLog.committed]).toEqual(['candidate', 2]);
});
