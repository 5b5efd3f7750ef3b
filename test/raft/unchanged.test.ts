import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ConfChangeTransition,
  ConfChangeType,
  EntryType,
  type Message,
  MessageType,
} from '../../src/gen/raft/v1/raft.js';
import { RaftError, type RaftErrorKind } from '../../src/raft/errors.js';
import { EMPTY, newEntry } from '../../src/raft/messages.js';
import type { RawNode } from '../../src/raft/raw-node.js';
import type { Ready } from '../../src/raft/ready.js';
import { bytes, message, Network } from './network.js';
import { stateOf } from './state-of.js';

/** Everything that can be asked of a node; `number` chooses among targets. */
const CALLS: Readonly<Record<string, (node: RawNode, number: number) => void>> = {
  tick: (node) => node.tick(),
  campaign: (node) => node.campaign(),
  ping: (node) => node.ping(),
  propose: (node, number) => node.propose(EMPTY, bytes(`command ${number}`)),
  proposeBatch: (node, number) =>
    node.proposeBatch(Array.from({ length: number }, () => ({ context: EMPTY, data: bytes('one of many') }))),
  proposeConfChange: (node, number) =>
    node.proposeConfChange(EMPTY, { id: 0, changeType: number % 4, nodeId: 1 + (number % 5), context: EMPTY }),
  applyUnknownChange: (node, number) => {
    const wrong = { transition: 0, changes: [{ changeType: 9, nodeId: 1 + number }], context: EMPTY };
    node.applyConfChange(wrong);
  },
  removeAllVoters: (node) => {
    const changes = [1, 2, 3, 4].map((nodeId) => ({ changeType: ConfChangeType.REMOVE_NODE, nodeId }));
    node.applyConfChange({ transition: ConfChangeTransition.IMPLICIT, changes, context: EMPTY });
  },
  passOnUnreadableChange: (node) => {
    const unreadable = { ...newEntry(EntryType.CONF_CHANGE_V2, bytes('no change'), EMPTY) };
    node.step(message(MessageType.PROPOSE, { from: 3, to: node.raft.id, entries: [unreadable] }));
  },
  stepLocal: (node) => node.step(message(MessageType.HUP, { from: 2, term: 1 })),
  stepFromStranger: (node) => node.step(message(MessageType.APPEND_RESPONSE, { from: 9, term: 1 })),
  stepMalformed: (node, number) =>
    node.step(message(MessageType.APPEND, { from: 9, term: node.raft.term + 1, index: number, logTerm: 0.5 })),
  fetchForNobody: (node) => node.onEntriesFetched({ kind: 'gen-ready' }),
  proposeMembershipChange: (node, number) =>
    void node.proposeMembershipChange({ voters: [1, 2, 3].slice(0, number % 4), learners: number > 5 ? [1] : [4] }),
  applyWrongChange: (node) => void node.applyConfChange({ transition: 0, changes: [], context: EMPTY }),
  readIndex: (node, number) => node.readIndex(bytes(`read ${number}`)),
  transferLeader: (node, number) => node.transferLeader(number % 5),
  forgetLeader: (node) => node.forgetLeader(),
  reportUnreachable: (node, number) => node.reportUnreachable(number % 5),
  reportSnapshot: (node, number) => node.reportSnapshot(number % 5, number % 2 === 0 ? 'finish' : 'failure'),
  requestSnapshot: (node) => node.requestSnapshot(),
  persistUnknown: (node) => node.onPersistReady(10_000),
  advanceUnknown: (node) => node.advanceAppendAsync({ number: 10_000 } as Ready),
  applyUnknown: (node) => node.advanceApplyTo(10_000),
  setTimeout: (node, number) => node.knobs.setRandomizedElectionTimeout(5 + number),
  assignGroups: (node, number) =>
    node.knobs.assignCommitGroups([
      [1, 1],
      [2, number - 5],
    ]),
};

const step = fc.record({
  call: fc.constantFrom(...Object.keys(CALLS)),
  id: fc.integer({ min: 1, max: 3 }),
  number: fc.nat(10),
  /** Whether the messages of this turn arrive. */
  delivered: fc.boolean(),
});

test('a call that fails leaves the node as it was, whatever state it was in', () => {
  const failed = new Map<RaftErrorKind, number>();
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
      const network = Network.of(
        { voters: [1, 2, 3] },
        {
          maxUncommittedSize: 40,
          maxSizePerMsg: 40,
          disableProposalForwarding: true,
          electionTick: 6,
          minElectionTick: 6,
        },
      );
      network.campaign(1);
      let lost: Message[] = [];
      for (const { call, id, number, delivered } of steps) {
        const { node } = network.peer(id);
        const before = stateOf(node);
        try {
          CALLS[call]?.(node, number);
        } catch (error) {
          expect(error).toBeInstanceOf(RaftError);
          expect(stateOf(node)).toEqual(before);
          const { kind } = error as RaftError;
          failed.set(kind, (failed.get(kind) ?? 0) + 1);
        }
        if (delivered) network.settle();
        else lost = network.peer(id).work();
      }
      // Messages may also come long after.
      network.deliver(...lost);
    }),
    { numRuns: 200 },
  );
  // Every kind of failure that a call can end in, storage aside, was met, and more than once.
  expect([...failed.keys()].sort()).toEqual([
    'conf-change',
    'config-invalid',
    'fatal',
    'malformed-message',
    'proposal-dropped',
    'request-snapshot-dropped',
    'step-local-message',
    'step-peer-not-found',
  ]);
  for (const count of failed.values()) expect(count).toBeGreaterThan(10);
});
