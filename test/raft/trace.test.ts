import { beforeEach, describe, expect, test } from 'vitest';
import { ConfChangeTransition, ConfChangeType } from '../../src/gen/raft/v1/raft.js';
import { newConfChangeSingle } from '../../src/raft/conf-change.js';
import { MemStorage } from '../../src/raft/mem-storage.js';
import { EMPTY } from '../../src/raft/messages.js';
import { type TraceEvent, traceLine } from '../../src/raft/trace.js';
import { bytes, Network, Peer, testConfig } from './network.js';

/**
 * The trace tells a run in the words of etcd/raft's TLA+ specification. Each story here reads it as a validator would: which event, of which
 * node, in which order, with which state.
 */

/** What the group has told so far, in the order it happened. */
let events: TraceEvent[];
/** A group of three voters. */
let network: Network;

beforeEach(() => {
  events = [];
  network = Network.ofVoters(3, { trace: (event) => events.push(event) });
});

/** `1 SendAppendEntriesRequest 2 MsgApp`: node, event, and the peer and type of its message. */
function brief({ name, nid, msg }: TraceEvent): string {
  if (msg === undefined) return `${nid} ${name}`;
  return `${nid} ${name} ${name.startsWith('Send') ? msg.to : msg.from} ${msg.type}`;
}

describe('an election and the first entry of the term', () => {
  beforeEach(() => network.campaign(1));

  test('begins with the state that each node starts from', () => {
    expect(events.slice(0, 3)).toEqual(
      ['1', '2', '3'].map((nid) => ({
        name: 'InitState',
        nid,
        state: { term: 0, vote: '0', commit: 0 },
        role: 'StateFollower',
        log: 0,
        applied: 0,
        conf: [['1', '2', '3'], []],
      })),
    );
  });

  test('tells every step of the candidate, its vote for itself among them, up to its first append', () => {
    const ofCandidate = events.slice(3).filter(({ nid }) => nid === '1');
    const first = ofCandidate.findIndex(({ name }) => name === 'Commit');
    expect(ofCandidate.slice(0, first + 1).map(brief)).toEqual([
      '1 BecomeCandidate',
      '1 SendRequestVoteResponse 1 MsgVoteResp',
      '1 SendRequestVoteRequest 2 MsgVote',
      '1 SendRequestVoteRequest 3 MsgVote',
      '1 Ready',
      '1 ReceiveRequestVoteResponse 1 MsgVoteResp',
      '1 ReceiveRequestVoteResponse 2 MsgVoteResp',
      '1 BecomeLeader',
      '1 Replicate',
      '1 SendAppendEntriesResponse 1 MsgAppResp',
      '1 SendAppendEntriesRequest 2 MsgApp',
      '1 SendAppendEntriesRequest 3 MsgApp',
      '1 ReceiveRequestVoteResponse 3 MsgVoteResp',
      '1 Ready',
      '1 ReceiveAppendEntriesResponse 1 MsgAppResp',
      '1 ReceiveAppendEntriesResponse 2 MsgAppResp',
      '1 Commit',
    ]);
  });

  test('a voter receives, follows the term, and answers', () => {
    const ofVoter = events.slice(3).filter(({ nid }) => nid === '2');
    expect(ofVoter.slice(0, 4).map(brief)).toEqual([
      '2 ReceiveRequestVoteRequest 1 MsgVote',
      '2 BecomeFollower',
      '2 SendRequestVoteResponse 1 MsgVoteResp',
      '2 Ready',
    ]);
    // A message is told before the node has looked at it: still the old term, and no vote.
    expect(ofVoter.slice(0, 4).map(({ state }) => state)).toEqual([
      { term: 0, vote: '0', commit: 0 },
      { term: 1, vote: '0', commit: 0 },
      { term: 1, vote: '0', commit: 0 },
      { term: 1, vote: '1', commit: 0 },
    ]);
  });

  test('the leader is told before it appends, the entry before it is in the log, the commit when it has moved', () => {
    const of = (name: string) => events.find((event) => event.name === name);
    expect(of('BecomeLeader')).toMatchObject({ role: 'StateLeader', log: 0, state: { term: 1, vote: '1', commit: 0 } });
    expect(of('Replicate')).toMatchObject({ log: 0 });
    expect(of('Commit')).toMatchObject({ log: 1, state: { commit: 1 } });
  });
});

describe('replication', () => {
  beforeEach(() => {
    network.campaign(1);
    events.length = 0;
    network.propose(1, 'x');
  });

  test('an append says where it begins and how much it brings, and how far the leader itself is', () => {
    expect(events.filter(({ name }) => name === 'SendAppendEntriesRequest').slice(0, 2)).toMatchObject(
      ['2', '3'].map((to) => ({
        msg: {
          type: 'MsgApp',
          term: 1,
          from: '1',
          to,
          entries: 1,
          logTerm: 1,
          index: 1,
          commit: 1,
          vote: '0',
          reject: false,
          rejectHint: 0,
        },
        prop: { match: 1, next: 2 },
      })),
    );
  });

  test('one entry is replicated once and committed once, and every append is received and answered', () => {
    const count = (name: string) => events.filter((event) => event.name === name).length;
    expect(count('Replicate')).toBe(1);
    expect(count('Commit')).toBe(1);
    expect(count('ReceiveAppendEntriesRequest')).toBe(count('SendAppendEntriesRequest'));
    expect(count('ReceiveAppendEntriesResponse')).toBe(count('SendAppendEntriesResponse'));
  });

  test('heartbeats are appends of their own type', () => {
    events.length = 0;
    network.tick(1);
    expect(events.map(brief)).toEqual([
      '1 SendAppendEntriesRequest 2 MsgHeartbeat',
      '1 SendAppendEntriesRequest 3 MsgHeartbeat',
      '1 Ready',
      '2 ReceiveAppendEntriesRequest 1 MsgHeartbeat',
      '2 SendAppendEntriesResponse 1 MsgHeartbeatResp',
      '3 ReceiveAppendEntriesRequest 1 MsgHeartbeat',
      '3 SendAppendEntriesResponse 1 MsgHeartbeatResp',
      '2 Ready',
      '3 Ready',
      '1 ReceiveAppendEntriesResponse 2 MsgHeartbeatResp',
      '1 ReceiveAppendEntriesResponse 3 MsgHeartbeatResp',
    ]);
  });
});

describe('a change of the configuration', () => {
  beforeEach(() => {
    network.campaign(1);
    events.length = 0;
    const { ADD_LEARNER_NODE, REMOVE_NODE } = ConfChangeType;
    const changes = [newConfChangeSingle(4, ADD_LEARNER_NODE), newConfChangeSingle(3, REMOVE_NODE)];
    network.node(1).proposeConfChange(EMPTY, { transition: ConfChangeTransition.AUTO, changes, context: EMPTY });
    network.settle();
  });

  test('is told when the leader takes it, without a replicated entry; leaving the joint configuration has no changes to tell', () => {
    expect(events.filter(({ name }) => name === 'ChangeConf')).toMatchObject([
      {
        nid: '1',
        prop: {
          cc: {
            changes: [
              { nid: '4', action: 'AddLearner' },
              { nid: '3', action: 'RemoveServer' },
            ],
          },
        },
      },
    ]);
    expect(events.filter(({ name }) => name === 'Replicate')).toEqual([]);
  });

  test('is told on every node that applies it, with the configuration before and the voters after', () => {
    const applied = events.filter(({ name, nid }) => name === 'ApplyConfChange' && nid === '2');
    expect(applied.map(({ conf, prop }) => [conf, prop?.cc?.newconf])).toEqual([
      [
        [['1', '2', '3'], []],
        ['1', '2'],
      ],
      [
        [
          ['1', '2'],
          ['1', '2', '3'],
        ],
        ['1', '2'],
      ],
    ]);
  });

  test('is not told where it is refused', () => {
    events.length = 0;
    network.node(1).proposeConfChange(EMPTY, { transition: ConfChangeTransition.AUTO, changes: [], context: EMPTY });
    expect(events.map(({ name }) => name).slice(0, 1)).toEqual(['Replicate']);
  });
});

describe('a snapshot', () => {
  beforeEach(() => {
    network.campaign(1);
    network.isolate(3);
    network.propose(1, 'x');
    network.peer(1).compact();
    network.recover();
    events.length = 0;
    // The leader sends nothing to a peer that it believes to be up to date; a heartbeat finds out.
    network.tick(1, 2);
  });

  test('is sent and received as such, and stands for all entries up to its index', () => {
    const msg = { type: 'MsgSnap', term: 1, from: '1', to: '3', entries: 2, logTerm: 0, index: 0 };
    expect(events.filter(({ name }) => name.endsWith('Snapshot'))).toMatchObject([
      { name: 'SendSnapshot', nid: '1', msg },
      { name: 'ReceiveSnapshot', nid: '3', log: 1, msg },
    ]);
  });

  test('brings its configuration, and its receiver says that it has it', () => {
    const ofReceiver = events.filter(({ nid }) => nid === '3');
    const from = ofReceiver.findIndex(({ name }) => name === 'ReceiveSnapshot');
    expect(ofReceiver.slice(from, from + 3).map(brief)).toEqual([
      '3 ReceiveSnapshot 1 MsgSnap',
      '3 ApplyConfChange',
      '3 SendAppendEntriesResponse 1 MsgAppResp',
    ]);
    expect(ofReceiver[from + 2]).toMatchObject({ log: 2, state: { commit: 2 }, msg: { index: 2, reject: false } });
  });

  test('is written under the name that the specification reads', () => {
    const sent = events.find(({ name }) => name === 'SendSnapshot');
    expect(sent).toBeDefined();
    const line = traceLine(sent as TraceEvent);
    expect(line.endsWith('\n')).toBe(true);
    expect(JSON.parse(line)).toMatchObject({
      tag: 'trace',
      event: { name: 'SendAppendEntriesRequest', msg: { type: 'MsgSnap' } },
    });
  });
});

test('a line holds the event and nothing that JSON cannot', () => {
  network.campaign(1);
  for (const event of events) expect(JSON.parse(traceLine(event))).toEqual({ tag: 'trace', event });
});

test('a restarted node begins with what it knows', () => {
  events = [];
  const storage = MemStorage.withConfState({ voters: [1] });
  const peer = new Peer(testConfig(1), storage);
  peer.node.campaign();
  peer.work();
  peer.node.propose(EMPTY, bytes('x'));
  peer.work();
  peer.restarted({ trace: (event) => events.push(event) });
  expect(events).toMatchObject([
    { name: 'InitState', state: { term: 1, vote: '1', commit: 2 }, log: 2, conf: [['1'], []] },
  ]);
});
