import { describe, expect, test } from 'vitest';
import { ConfChangeTransition, ConfChangeType } from '../../src/gen/raft/v1/raft.js';
import { Changer } from '../../src/raft/confchange/changer.js';
import type { Config } from '../../src/raft/config.js';
import { FatalRaftError, RaftError, type RaftErrorKind } from '../../src/raft/errors.js';
import { MemStorage } from '../../src/raft/mem-storage.js';
import { EMPTY } from '../../src/raft/messages.js';
import type { RawNode } from '../../src/raft/raw-node.js';
import { bytes, Network, Peer, storageWith, testConfig } from './network.js';
import { stateOf } from './state-of.js';

/** What a number can be that comes out of a wrong sum, and that no index, term, size or id is. */
const NO_COUNTS = [Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY, 2 ** 53];

/** The kind of what is thrown. */
function refused(call: () => void): RaftErrorKind | 'nothing' {
  try {
    call();
  } catch (error) {
    if (error instanceof RaftError) return error.kind;
    throw error;
  }
  return 'nothing';
}

const SETTINGS = Object.entries(testConfig(1)).flatMap(([name, value]) => (typeof value === 'number' ? [name] : []));

describe.each(NO_COUNTS)('%d', (number) => {
  test.each(SETTINGS)('is refused as %s', (name) => {
    const settings: Partial<Config> = { [name]: number };
    // Priorities may be negative.
    if (name === 'priority' && number === -1) return;
    expect(refused(() => void new Peer(testConfig(1, settings), storageWith({ voters: [1] })))).toBe('config-invalid');
  });

  test.each(['term', 'vote', 'commit'])('is refused as the %s that storage gives', (field) => {
    const storage = storageWith({ voters: [1] }, [1]);
    storage.setHardState({ term: 1, vote: 1, commit: 1, [field]: number });
    expect(() => new Peer(testConfig(1), storage)).toThrow(FatalRaftError);
  });

  test('is refused as a member, by whatever way it would become one', () => {
    const network = Network.ofVoters(1);
    network.campaign(1);
    const node = network.node(1);
    const single = { changeType: ConfChangeType.ADD_NODE, nodeId: number };
    const change = { transition: ConfChangeTransition.AUTO, changes: [single], context: EMPTY };
    const ways: Record<string, () => void> = {
      apply: () => node.applyConfChange(change),
      changer: () => new Changer(node.raft.tracker).simple([single]),
      target: () => node.proposeMembershipChange({ voters: [1, number] }),
      learner: () => node.proposeMembershipChange({ voters: [1], learners: [number] }),
    };
    const before = stateOf(node);
    for (const [way, go] of Object.entries(ways)) expect([way, refused(go)]).toEqual([way, 'conf-change']);
    expect(['conf-change', 'proposal-dropped']).toContain(refused(() => node.proposeConfChange(EMPTY, change)));
    expect(ways['apply']).toThrow(`${number} is not a node id`);
    expect(stateOf(node)).toEqual(before);
    expect(() => new Peer(testConfig(1), MemStorage.withConfState({ voters: [1, number] }))).toThrow(FatalRaftError);
  });

  test('is refused as one of those who begin a group', () => {
    const { node } = new Peer(testConfig(1), new MemStorage());
    const before = stateOf(node);
    const peers = [1, number].map((id) => ({ id, context: EMPTY }));
    expect(refused(() => node.bootstrap(peers))).toBe('config-invalid');
    expect(stateOf(node)).toEqual(before);
  });

  test.each<[string, (node: RawNode) => void]>([
    ['randomised time-out', ({ knobs }) => knobs.setRandomizedElectionTimeout(number)],
    ['window', ({ knobs }) => knobs.adjustMaxInflightMsgs(1, number)],
    ['size', ({ knobs }) => knobs.setMaxCommittedSizePerReady(number)],
    ['distance from the disk', ({ knobs }) => knobs.setMaxApplyUnpersistedLogLimit(number)],
    ['commit group', ({ knobs }) => knobs.assignCommitGroups([[1, number]])],
    ['priority', ({ knobs }) => knobs.setPriority(number === -1 ? Number.NaN : number)],
  ])('is refused as a %s while the node runs', (_, turn) => {
    const network = Network.ofVoters(1);
    network.campaign(1);
    const before = stateOf(network.node(1));
    expect(refused(() => turn(network.node(1)))).toBe('config-invalid');
    expect(stateOf(network.node(1))).toEqual(before);
  });

  test('names nobody to hand over to', () => {
    const network = Network.ofVoters(2);
    network.campaign(1);
    for (const id of [1, 2]) {
      network.node(id).transferLeader(number);
      expect(network.node(id).hasReady()).toBe(false);
    }
  });
});

test('no number that is none makes a Ready durable', () => {
  const network = Network.ofVoters(1);
  network.campaign(1);
  const { node } = network.peer(1);
  node.propose(EMPTY, bytes('x'));
  const ready = node.ready();
  const { persisted } = node.raft.raftLog;
  expect(refused(() => node.onPersistReady(Number.NaN))).toBe('fatal');
  network.peer(1).write(ready);
  node.advanceAppendAsync(ready);
  expect(node.raft.raftLog.persisted).toBe(persisted);
  node.onPersistReady(ready.number);
  expect(node.raft.raftLog.committed).toBe(ready.entries.at(-1)?.index);
});

test('node 0 is no member of a target', () => {
  const network = Network.ofVoters(1);
  network.campaign(1);
  expect(() => network.node(1).proposeMembershipChange({ voters: [0, 1] })).toThrow('0 is not a node id');
});
