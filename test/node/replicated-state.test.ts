import { BinaryWriter } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RaftctlError } from '../../src/base/errors.js';
import { ConfState } from '../../src/gen/raft/v1/raft.js';
import { Member } from '../../src/gen/raftctl/v1/member.js';
import { Command, CommandKind, type Session } from '../../src/gen/raftctl/v1/proposal.js';
import { KeyspacePrefix } from '../../src/node/keyspace.js';
import { memberRecords, readMembers } from '../../src/node/members.js';
import type { AppliedMark, StateMachine } from '../../src/node/ports.js';
import { ReplicatedState } from '../../src/node/replicated-state.js';
import { MemoryKeyspace } from '../state-machine/memory-keyspace.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);

/** Remembers the last payload under one key and answers with all that its keyspace holds. */
const memory: StateMachine = {
  name: 'memory',
  apply(txn, { kind, payload, index }) {
    if (text(payload) === 'boom') throw new Error(`cannot apply ${index}`);
    txn.put(bytes('last'), payload);
    return bytes(`${kind} ${index}`);
  },
  read(view, query) {
    if (query.length > 0) throw new RaftctlError('E_USAGE', 'asks for nothing');
    return bytes(Array.from(view.range({ start: query }), ({ key, value }) => `${text(key)}=${text(value)}`).join());
  },
  describe: (kind, payload) => `${kind} ${text(payload)}`,
};

function command(kind: CommandKind, payload: string, session?: Session): Uint8Array {
  return Command.encode({ kind, payload: bytes(payload), session }).finish();
}

/** A command of the cluster's own in a field that this version has none of. */
const fromTheFuture = new BinaryWriter()
  .uint32((99 << 3) | 2)
  .bytes(new Uint8Array())
  .finish();

/** Position of an entry under the configuration of a bootstrap. */
function at(index: number, term: number): AppliedMark {
  return { index, term, configIndex: 1, confState: ConfState.fromPartial({ voters: [1] }) };
}

describe('replicated state', () => {
  const state = new ReplicatedState(memory, 10);

  it('gives a command to the state machine, in its own keyspace', () => {
    const keyspace = new MemoryKeyspace(memberRecords([Member.create({ id: 1, address: 'a:1' })], [1]));
    const outcome = state.apply(keyspace, at(7, 2), command(CommandKind.MACHINE, 'x'));
    expect(outcome).toEqual({ index: 7, term: 2, result: bytes('machine 7'), duplicate: false });
    expect(state.apply(keyspace, at(8, 2), command(CommandKind.RAW, 'y'))).toMatchObject({ result: bytes('raw 8') });
    expect(keyspace.get(Uint8Array.of(KeyspacePrefix.machine, ...bytes('last')))).toEqual(bytes('y'));
    expect(text(state.read(keyspace, new Uint8Array()))).toBe('last=y');
    expect(readMembers(keyspace)).toHaveLength(1);
  });

  it('applies a proposal of a session once', () => {
    const keyspace = new MemoryKeyspace();
    const session = { clientId: 'c', sequence: 1, lowestPending: 1 };
    const data = command(CommandKind.MACHINE, 'x', session);
    const first = state.apply(keyspace, at(7, 2), data);
    state.apply(keyspace, at(8, 2), command(CommandKind.MACHINE, 'y'));
    expect(state.apply(keyspace, at(9, 3), data)).toEqual({ ...first, duplicate: true });
    expect(text(state.read(keyspace, new Uint8Array()))).toBe('last=y');
    const late = command(CommandKind.MACHINE, 'z', { clientId: 'gone', sequence: 5, lowestPending: 5 });
    expect(state.apply(keyspace, at(10, 3), late)).toHaveProperty('expired');
  });

  it.each([
    ['the entry of a new leader', new Uint8Array()],
    ['a no-op', command(CommandKind.UNSPECIFIED, 'x')],
    ['bytes that are no command', Uint8Array.of(0x0a, 0xff)],
  ])('goes past %s without effect', (_, data) => {
    const keyspace = new MemoryKeyspace();
    const outcome = state.apply(keyspace, at(7, 2), data);
    expect(outcome).toEqual({ index: 7, term: 2, result: new Uint8Array(), duplicate: false });
    expect(keyspace.size).toBe(0);
  });

  it('passes on what the state machine throws: the node has to stop', () => {
    expect(() => state.apply(new MemoryKeyspace(), at(7, 2), command(CommandKind.MACHINE, 'boom'))).toThrow(
      'cannot apply 7',
    );
  });

  it.each([
    ['a kind of command', command(99 as CommandKind, 'x')],
    ['a command of the cluster', Command.encode({ kind: CommandKind.CONTROL, payload: fromTheFuture }).finish()],
    ['a command of the cluster', Command.encode({ kind: CommandKind.CONTROL, payload: Uint8Array.of(0x0a) }).finish()],
  ])('stops at %s that only a newer version knows, and changes nothing', (what, data) => {
    const keyspace = new MemoryKeyspace();
    const message = `entry 7 of the log is ${what} that this version does not know: a newer one wrote it`;
    expect(() => state.apply(keyspace, at(7, 2), data)).toThrow(
      expect.objectContaining({ code: 'E_VERSION_SKEW', message, hint: expect.stringContaining('the version') }),
    );
    expect(keyspace.size).toBe(0);
    expect(state.describe(data)).not.toBe('');
  });

  it('never throws for bytes but for those of a newer version, and describes all of them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (data) => {
        try {
          const outcome = state.apply(new MemoryKeyspace(), at(5, 1), data);
          expect('expired' in outcome || outcome.index === 5).toBe(true);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'E_VERSION_SKEW' });
        }
        expect(state.describe(data).length).toBeGreaterThan(0);
      }),
      { numRuns: 2000 },
    );
  });

  it('says in words what an entry is', () => {
    expect(state.describe(new Uint8Array())).toBe('no-op');
    expect(state.describe(command(CommandKind.RAW, 'x'))).toBe('raw x');
    const session = { clientId: 'cli', sequence: 4, lowestPending: 4 };
    expect(state.describe(command(CommandKind.MACHINE, 'x', session))).toBe('machine x (client "cli" #4)');
    expect(state.describe(Uint8Array.of(0x0a, 0xff))).toBe('2 bytes that are no command');
  });
});
