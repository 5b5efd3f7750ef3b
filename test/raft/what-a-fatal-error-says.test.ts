import { describe, expect, test } from 'vitest';
import { NO_LIMIT } from '../../src/raft/config.js';
import { FatalRaftError, LogTemporarilyUnavailableError } from '../../src/raft/errors.js';
import { MemStorage } from '../../src/raft/mem-storage.js';
import { EMPTY } from '../../src/raft/messages.js';
import { RaftLog } from '../../src/raft/raft-log.js';
import type { Ready } from '../../src/raft/ready.js';
import { bytes, entry, Peer, storageWith, testConfig } from './network.js';

const sync = { kind: 'empty', canAsync: false } as const;

/** Storage that holds three entries of term 1. */
class ThreeEntries extends MemStorage {
  constructor(readonly fails: Partial<Record<'term' | 'entries' | 'snapshot', () => never>> = {}) {
    super();
    this.append([entry(1, 1), entry(2, 1), entry(3, 1)]);
  }

  override term(index: number): number {
    return this.fails.term?.() ?? super.term(index);
  }

  override entries(...range: Parameters<MemStorage['entries']>): ReturnType<MemStorage['entries']> {
    return this.fails.entries?.() ?? super.entries(...range);
  }

  override snapshot(...request: Parameters<MemStorage['snapshot']>): ReturnType<MemStorage['snapshot']> {
    return this.fails.snapshot?.() ?? super.snapshot(...request);
  }
}

/** It ends the node, and is all that is left to find out why: the numbers must be in it. */
function expectFatal(call: () => unknown, message: string): void {
  expect(call).toThrow(expect.objectContaining({ name: new FatalRaftError('').name, message }));
}

describe('of the log', () => {
  const log = () => new RaftLog(new ThreeEntries(), false);

  test('who asked for what', () => {
    expectFatal(() => log().slice(3, 5, NO_LIMIT, sync), 'slice [3, 5) ends behind 3');
    expectFatal(() => log().commitTo(4), 'commit index 4 is behind the last entry, 3');
  });

  test('what would have been lost', () => {
    const committed = log();
    committed.commitTo(2);
    expectFatal(() => committed.append([entry(2, 2)]), 'entry 2 would replace a committed one (committed is 2)');
  });

  test('what storage was asked, and what came of it', () => {
    const broken = () => {
      throw new Error('the disk is gone');
    };
    const later = () => {
      throw new LogTemporarilyUnavailableError();
    };
    const over = (fails: ThreeEntries['fails']) => new RaftLog(new ThreeEntries(fails), false);
    expectFatal(() => over({ term: broken }).term(2), 'storage failed to give the term of 2: the disk is gone');
    expectFatal(
      () => over({ entries: broken }).slice(1, 3, NO_LIMIT, sync),
      'storage failed to give entries: the disk is gone',
    );
    expectFatal(() => over({ snapshot: broken }).snapshot(0, 2), 'storage failed to give a snapshot: the disk is gone');
    // An answer that may come later is one only to a reader that can wait.
    expect(() => over({ entries: later }).slice(1, 3, NO_LIMIT, sync)).toThrow('storage failed to give entries: ');
    expect(() => over({ entries: later }).slice(1, 3, NO_LIMIT, { ...sync, canAsync: true })).toThrow(
      LogTemporarilyUnavailableError,
    );
  });
});

describe('of a Ready that is handled out of turn', () => {
  /** A node that has just come to lead, with a Ready to give. */
  function node() {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1] }));
    peer.node.campaign();
    peer.work();
    peer.node.propose(EMPTY, bytes('x'));
    return peer.node;
  }

  test('which Ready it is, and which one is open', () => {
    const open = node();
    const { number } = open.ready();
    expectFatal(() => open.ready(), `ready() was called before Ready ${number} was advanced`);
    expectFatal(() => open.onPersistReady(number), `Ready ${number} is reported durable, but was not taken over`);
    expectFatal(
      () => open.advanceAppendAsync({ number: number + 1 } as Ready),
      `Ready ${number + 1} is advanced, but ${number} is open`,
    );
  });

  test('or that none is', () => {
    expectFatal(() => node().advanceAppendAsync({ number: 7 } as Ready), 'Ready 7 is advanced, but none is open');
  });
});
