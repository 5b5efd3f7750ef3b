import { expect, test } from 'vitest';
import { ConfChangeType } from '../../src/gen/raft/v1/raft.js';
import { EMPTY } from '../../src/raft/messages.js';
import type { TraceEvent } from '../../src/raft/trace.js';
import { bytes, Network } from './network.js';

/** A group of three voters whose events are gathered in the order they happen. */
function tracedGroup(): { network: Network; events: TraceEvent[] } {
  const events: TraceEvent[] = [];
  const network = Network.ofVoters(3, { trace: (event) => events.push(event) });
  return { network, events };
}

test('what the specification does not know leaves no trace', () => {
  const { network, events } = tracedGroup();
  network.campaign(1);
  events.length = 0;
  const { raft } = network.node(1);
  network.node(1).proposeConfChange(EMPTY, {
    id: 0,
    changeType: ConfChangeType.UPDATE_NODE,
    nodeId: 2,
    context: EMPTY,
  });
  network.settle();
  expect(raft.raftLog.applied).toBe(2);
  expect(events.filter(({ name }) => name === 'ChangeConf')).toEqual([]);
  events.length = 0;
  network.node(2).readIndex(bytes('r'));
  network.node(2).transferLeader(2);
  network.settle();
  expect(network.leader.raft.id).toBe(2);
  const types = new Set(events.flatMap(({ msg }) => (msg === undefined ? [] : [msg.type])));
  expect([...types].sort()).toEqual([
    'MsgApp',
    'MsgAppResp',
    'MsgHeartbeat',
    'MsgHeartbeatResp',
    'MsgVote',
    'MsgVoteResp',
  ]);
});

test('all nineteen events are told, and no other', () => {
  const { network, events } = tracedGroup();
  network.campaign(1);
  network.isolate(3);
  network.propose(1, 'x');
  network.peer(1).compact();
  network.recover();
  network.tick(1, 2);
  network.node(1).proposeConfChange(EMPTY, {
    id: 0,
    changeType: ConfChangeType.REMOVE_NODE,
    nodeId: 3,
    context: EMPTY,
  });
  network.settle();
  expect([...new Set(events.map(({ name }) => name))].sort()).toEqual([
    'ApplyConfChange',
    'BecomeCandidate',
    'BecomeFollower',
    'BecomeLeader',
    'ChangeConf',
    'Commit',
    'InitState',
    'Ready',
    'ReceiveAppendEntriesRequest',
    'ReceiveAppendEntriesResponse',
    'ReceiveRequestVoteRequest',
    'ReceiveRequestVoteResponse',
    'ReceiveSnapshot',
    'Replicate',
    'SendAppendEntriesRequest',
    'SendAppendEntriesResponse',
    'SendRequestVoteRequest',
    'SendRequestVoteResponse',
    'SendSnapshot',
  ]);
});
