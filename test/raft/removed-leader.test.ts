import { expect, test } from 'vitest';
import { ConfChangeTransition, ConfChangeType, MessageType } from '../../src/gen/raft/v1/raft.js';
import { EMPTY } from '../../src/raft/messages.js';
import { Network } from './network.js';

test.each([true, false])(
  'the others find a leader after one that alone knows of its removal (steps down: %s)',
  (stepDownOnRemoval) => {
    const network = Network.ofVoters(2, { stepDownOnRemoval });
    network.campaign(1);
    const changes = [{ changeType: ConfChangeType.ADD_LEARNER_NODE, nodeId: 1 }];
    network.node(1).proposeConfChange(EMPTY, { transition: ConfChangeTransition.EXPLICIT, changes, context: EMPTY });
    network.settle();
    network.node(1).proposeConfChange(EMPTY, { transition: ConfChangeTransition.AUTO, changes: [], context: EMPTY });
    for (const message of network.peer(1).work()) network.node(2).step(message);
    const acknowledgements = network.peer(2).work();
    // From here on nothing of node 1 arrives: neither a longer log nor that the change is committed.
    network.isolate(1);
    network.node(1).propose(EMPTY, Uint8Array.of(1));
    for (const message of acknowledgements) network.node(1).step(message);
    network.peer(1).work();
    expect(String(network.node(1).raft.tracker.conf)).toBe('voters=(2) learners=(1)');
    expect(String(network.node(2).raft.tracker.conf)).toBe('voters=(2)&&(1 2) learners_next=(1)');

    network.recover();
    network.campaign(2);
    expect(network.sent.some(({ msgType, reject }) => msgType === MessageType.REQUEST_VOTE_RESPONSE && reject)).toBe(
      true,
    );
    expect(String(network.node(2).raft.tracker.conf)).toBe('voters=(2) learners=(1)');
    network.campaign(2);
    expect(network.leader.raft.id).toBe(2);
  },
);
