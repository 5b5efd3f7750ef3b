import { describe, expect, test } from 'vitest';
import { MessageType } from '../../src/gen/raft/v1/raft.js';
import { CAMPAIGN_TRANSFER } from '../../src/raft/messages.js';
import { bytes, message, Network, Peer, storageWith, testConfig, text } from './network.js';

const reads = (network: Network, id: number) =>
  network.peer(id).readStates.map(({ index, requestContext }) => `${text(requestContext)}@${index}`);

/** Reads at a node, and lets the answer come if it can. */
function read(network: Network, id: number, context: string): void {
  network.node(id).readIndex(bytes(context));
  network.settle();
}

describe('safe reads', () => {
  test.each([1, 2, 4])('are answered with the commit index, wherever they are asked: node %i', (id) => {
    const network = Network.of({ voters: [1, 2, 3], learners: [4] });
    network.campaign(1);
    for (let round = 1; round <= 5; round++) {
      network.propose(1, 'x');
      read(network, id, `read ${round}`);
      expect(reads(network, id).at(-1)).toBe(`read ${round}@${round + 1}`);
    }
    expect(network.node(1).raft.readOnly.pendingCount).toBe(0);
  });

  test('need a majority that still follows', () => {
    const network = Network.ofVoters(5);
    network.campaign(1);
    for (const id of [3, 4, 5]) network.isolate(id);
    read(network, 1, 'alone');
    expect(reads(network, 1)).toEqual([]);
    network.recover();
    network.tick(1);
    expect(reads(network, 1)).toEqual(['alone@1']);
  });

  test('learners do not confirm', () => {
    const network = Network.of({ voters: [1, 2], learners: [3] });
    network.campaign(1);
    network.isolate(2);
    read(network, 1, 'x');
    expect(reads(network, 1)).toEqual([]);
  });

  test('are dropped by a node without a leader, and by a leader that is deposed', () => {
    const network = Network.ofVoters(3);
    read(network, 2, 'nobody');
    network.campaign(1);
    network.isolate(1);
    read(network, 1, 'old leader');
    network.campaign(2);
    network.recover();
    network.tick(2);
    network.tick(1);
    expect([...reads(network, 1), ...reads(network, 2)]).toEqual([]);
  });

  test('nobody else is asked where the leader is a majority by itself, be it of both halves', () => {
    const network = Network.of({ voters: [1], votersOutgoing: [1], learners: [2] });
    network.campaign(1);
    network.isolate(2);
    const from = network.sent.length;
    read(network, 1, 'joint');
    expect(reads(network, 1)).toEqual(['joint@1']);
    expect(network.sent.slice(from)).toEqual([]);
  });

  test('go on where the configuration that a leader leaves behind, without itself, has confirmed them', () => {
    const network = Network.of({ voters: [2], votersOutgoing: [1, 2, 3, 4] });
    network.campaign(1);
    for (const id of [3, 4]) network.isolate(id);
    read(network, 1, 'x');
    expect(reads(network, 1)).toEqual([]);
    network.node(1).applyConfChange({ transition: 0, changes: [], context: bytes('') });
    network.settle();
    expect(reads(network, 1)).toEqual(['x@1']);
  });

  test('a single voter answers at once, but only what it surely knows: after the first commit of its term', () => {
    const storage = storageWith({ voters: [1] }, [1, 1, 1]);
    const peer = new Peer(testConfig(1), storage);
    peer.node.campaign();
    const vote = peer.node.ready();
    peer.node.advanceAppend(vote);
    expect(peer.node.raft.role).toBe('leader');
    peer.node.readIndex(bytes('early'));
    expect(peer.node.raft.readStates).toEqual([]);
    peer.work();
    expect(peer.readStates.map(({ index }) => index)).toEqual([4]);
    peer.node.readIndex(bytes('later'));
    expect(peer.node.raft.readStates.map(({ index }) => index)).toEqual([4]);
  });

  test('when the quorum shrinks, reads that the new one has confirmed are released', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.isolate(2);
    network.isolate(3);
    read(network, 1, 'x');
    for (const nodeId of [2, 3]) network.node(1).applyConfChange({ id: 0, changeType: 1, nodeId, context: bytes('') });
    network.settle();
    expect(reads(network, 1)).toEqual(['x@1']);
  });
});

describe('contexts', () => {
  test('X1 (etcd #20418): a delayed answer to an earlier round does not confirm a later read with the same context', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.isolate(1);
    // A first read whose heartbeats reach node 2, and whose answers are held up.
    network.node(1).readIndex(bytes('same'));
    const [heartbeat] = network
      .peer(1)
      .work()
      .filter(({ to }) => to === 2);
    expect(heartbeat?.msgType).toBe(MessageType.HEARTBEAT);
    const delayed = message(MessageType.HEARTBEAT_RESPONSE, {
      from: 2,
      to: 1,
      term: 1,
      context: heartbeat?.context as Uint8Array,
    });
    // Somebody else leads meanwhile, and commits.
    network.campaign(2);
    network.propose(2, 'newer');
    // The old leader, which knows nothing of that, is asked again under the same context: the held-up answer confirms the first read
    // only, which came before.
    network.node(1).readIndex(bytes('same'));
    network.peer(1).work();
    network.node(1).step(delayed);
    network.peer(1).work();
    expect(reads(network, 1)).toEqual(['same@1']);
    expect(network.node(1).raft.readOnly.pendingCount).toBe(1);
  });

  test('callers may use one context twice: both are answered', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    for (const id of [1, 1, 2, 2]) network.node(id).readIndex(bytes('same'));
    network.settle();
    expect(reads(network, 1)).toEqual(['same@1', 'same@1']);
    expect(reads(network, 2)).toEqual(['same@1', 'same@1']);
  });

  test("callers' contexts never travel", () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    for (const id of [1, 2]) read(network, id, 'a secret context');
    const travelled = network.sent.flatMap(({ context, entries }) => [
      context,
      ...entries.flatMap((e) => [e.data, e.context]),
    ]);
    expect(travelled.map(text).filter((word) => word.includes('secret'))).toEqual([]);
    expect(Math.max(...travelled.map(({ length }) => length))).toBe(8);
  });

  test('an answer that nobody waits for is ignored', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    const entries = [{ entryType: 0, term: 0, index: 0, data: bytes('12345678'), context: bytes('') }];
    network.deliver(message(MessageType.READ_INDEX_RESP, { from: 1, to: 2, term: 1, index: 1, entries }));
    expect(reads(network, 2)).toEqual([]);
  });
});

describe('lease-based reads', () => {
  const lease = { checkQuorum: true, readOnlyOption: 'lease-based' } as const;

  test('are answered at once while the leader hears from its quorum', () => {
    const network = Network.ofVoters(3, lease);
    network.campaign(1);
    network.node(1).readIndex(bytes('x'));
    expect(network.node(1).raft.readStates.map(({ index }) => index)).toEqual([1]);
  });

  test('fall back to a round of heartbeats where it does not, and during a transfer, which passes the lease', () => {
    const network = Network.ofVoters(3, lease);
    network.campaign(1);
    network.ignore(MessageType.TIMEOUT_NOW);
    network.node(1).transferLeader(2);
    network.node(1).readIndex(bytes('x'));
    expect(network.node(1).raft.readStates).toEqual([]);
    network.settle();
    expect(reads(network, 1)).toEqual(['x@1']);
    expect(CAMPAIGN_TRANSFER.length).toBeGreaterThan(0);

    const silent = Network.ofVoters(3, lease);
    silent.campaign(1);
    silent.isolate(1);
    silent.tick(1, 10);
    read(silent, 1, 'y');
    expect(reads(silent, 1)).toEqual([]);
  });
});
