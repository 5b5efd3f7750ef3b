import { describe, expect, test } from 'vitest';
import { MessageType } from '../../src/gen/raft/v1/raft.js';
import { bytes, message, Network, text } from './network.js';

const reads = (network: Network, id: number) =>
  network.peer(id).readStates.map(({ index, requestContext }) => `${text(requestContext)}@${index}`);

function read(network: Network, id: number, context: string): void {
  network.node(id).readIndex(bytes(context));
  network.settle();
}

describe('reads while leaders change', () => {
  test('one that reaches an old leader is passed on to the new one', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.cut(1, 2);
    network.campaign(3);
    // 2 took part in the election of 3, but still believes in 1 as far as this read goes.
    network.recover();
    network.tick(3);
    const token = [{ entryType: 0, term: 0, index: 0, data: bytes('12345678'), context: bytes('') }];
    network.deliver(message(MessageType.READ_INDEX, { from: 2, to: 1, entries: token }));
    const passedOn = network.sent.filter(({ msgType, to }) => msgType === MessageType.READ_INDEX && to === 3);
    expect(passedOn.map(({ from, term }) => [from, term])).toEqual([[2, 0]]);
    const answers = network.sent.filter(({ msgType }) => msgType === MessageType.READ_INDEX_RESP);
    expect(answers.map(({ from, to, index }) => [from, to, index])).toEqual([[3, 2, 2]]);
  });

  test('one that comes to a leader before the first commit of its term waits, wherever it was asked', () => {
    const network = Network.ofVoters(3);
    network.campaign(2);
    network.propose(2, 'x');
    network.ignore(MessageType.APPEND);
    network.campaign(1);
    network.tick(1);
    read(network, 1, 'own');
    read(network, 3, 'passed on');
    expect([...reads(network, 1), ...reads(network, 3)]).toEqual([]);
    network.recover();
    network.tick(1, 2);
    expect([...reads(network, 1), ...reads(network, 3)]).toEqual(['own@3', 'passed on@3']);
  });

  test('none is kept by a node whose term or role changes', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.isolate(1);
    for (const context of ['a', 'b', 'c']) read(network, 1, context);
    expect(network.node(1).raft.readOnly.pendingCount).toBe(3);
    network.node(1).step(message(MessageType.HEARTBEAT, { from: 2, to: 1, term: 9 }));
    expect(network.node(1).raft.readOnly.pendingCount).toBe(0);
    expect(network.node(1).raft.readOnly.lastContext().length).toBe(0);
  });

  test('lease-based without check-quorum, switched off while it runs: a round of heartbeats, as there is no lease', () => {
    const network = Network.ofVoters(3, { checkQuorum: true, readOnlyOption: 'lease-based' });
    network.campaign(1);
    network.node(1).knobs.setCheckQuorum(false);
    network.isolate(1);
    read(network, 1, 'x');
    expect(reads(network, 1)).toEqual([]);
    network.recover();
    network.tick(1);
    expect(reads(network, 1)).toEqual(['x@1']);
  });

  test('lease-based: a follower’s read is answered by the leader without a round', () => {
    const network = Network.of(
      { voters: [1, 2, 3], learners: [4] },
      { checkQuorum: true, readOnlyOption: 'lease-based' },
    );
    network.campaign(1);
    network.sent.length = 0;
    for (const id of [2, 4]) read(network, id, `of ${id}`);
    expect([...reads(network, 2), ...reads(network, 4)]).toEqual(['of 2@1', 'of 4@1']);
    expect(network.sent.some(({ msgType }) => msgType === MessageType.HEARTBEAT)).toBe(false);
  });

  test('in a joint configuration both halves confirm', () => {
    const network = Network.of({ voters: [1, 4, 5], votersOutgoing: [1, 2, 3] });
    network.campaign(1);
    network.isolate(4);
    network.isolate(5);
    read(network, 1, 'x');
    expect(reads(network, 1)).toEqual([]);
    network.recover();
    network.isolate(2);
    network.isolate(5);
    network.tick(1);
    expect(reads(network, 1)).toEqual(['x@1']);
  });

  test('a candidate answers none', () => {
    const network = Network.ofVoters(3);
    network.isolate(1);
    network.campaign(1);
    read(network, 1, 'x');
    expect(network.node(1).hasReady()).toBe(false);
    expect(reads(network, 1)).toEqual([]);
  });

  test('a read carries one token: more or fewer are refused at the door', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    const token = { entryType: 0, term: 0, index: 0, data: bytes('12345678'), context: bytes('') };
    for (const entries of [[], [token, token]]) {
      const answer = message(MessageType.READ_INDEX_RESP, { from: 1, to: 2, term: 1, index: 1, entries });
      expect(() => network.node(2).step(answer)).toThrow('a read carries one entry');
    }
  });
});
