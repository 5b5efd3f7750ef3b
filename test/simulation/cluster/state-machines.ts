import { KvAnswer, KvCommand, type KvPair, KvQuery, KvResult } from '../../../src/gen/raftctl/v1/kv.js';
import { RegisterCommand, RegisterResult, RegisterValue } from '../../../src/gen/raftctl/v1/register.js';
import type { AppliedCommand, StateMachine, StateTxn, StateView } from '../../../src/node/ports.js';
import { KvMachine, RegisterMachine } from '../../../src/state-machine/index.js';
import type { Answer, Call } from '../../linearizability/history.js';
import { hold } from '../ledger.js';

/** How clients speak to a state machine. */
export interface Dialect {
  newMachine(): StateMachine;
  /** Calls that it knows. */
  readonly calls: readonly Call['f'][];
  command(key: string, call: Exclude<Call, { f: 'read' }>): Uint8Array;
  query(key: string): Uint8Array;
  /** What a command was answered, without its index. */
  result(bytes: Uint8Array, call: Call): Omit<Answer, 'index'>;
  answer(bytes: Uint8Array): Omit<Answer, 'index'>;
  /** Whether clients never ask for just this a second time of their own. */
  isUnique(payload: Uint8Array): boolean;
}

const quoted = (text: string) => JSON.stringify(text);
const plain = (pair: KvPair | undefined): string | null => (pair === undefined ? null : JSON.parse(pair.value));

/** The hash table. */
export const kvDialect: Dialect = {
  newMachine: () => new KvMachine(),
  calls: ['read', 'write', 'delete', 'cas'],
  command: (key, call) => KvCommand.encode({ op: kvOperation(key, call) }).finish(),
  query: (key) => KvQuery.encode({ op: { $case: 'get', value: { key } } }).finish(),
  result: (bytes, { f }) => {
    const { applied, prev, version } = KvResult.decode(bytes);
    return { prev: plain(prev), version, ...(f === 'cas' ? { swapped: applied } : {}) };
  },
  answer: (bytes) => {
    const [pair] = KvAnswer.decode(bytes).pairs;
    return { value: plain(pair), version: pair?.version ?? 0 };
  },
  isUnique: (payload) => KvCommand.decode(payload).op?.$case !== 'delete',
};

function kvOperation(key: string, call: Exclude<Call, { f: 'read' }>): NonNullable<KvCommand['op']> {
  switch (call.f) {
    case 'write':
      return { $case: 'put', value: { key, value: quoted(call.value) } };
    case 'delete':
      return { $case: 'delete', value: { key } };
    case 'cas': {
      const condition =
        call.from === null
          ? { $case: 'absent' as const, value: true }
          : { $case: 'value' as const, value: quoted(call.from) };
      return { $case: 'compareAndSet', value: { key, expect: { condition }, value: quoted(call.to) } };
    }
  }
}

const utf8 = { in: new TextEncoder(), out: new TextDecoder() };
const textOf = (value: RegisterValue | undefined): string | null =>
  value === undefined || value.version === 0 ? null : utf8.out.decode(value.value);

/** The one register. It cannot be deleted. */
export const registerDialect: Dialect = {
  newMachine: () => new RegisterMachine(),
  calls: ['read', 'write', 'cas'],
  command: (_key, call) => {
    if (call.f === 'delete') throw new Error('a register is not deleted');
    const [value, expect] = call.f === 'write' ? [call.value, undefined] : [call.to, expectation(call.from)];
    return RegisterCommand.encode({ value: utf8.in.encode(value), expect }).finish();
  },
  query: () => new Uint8Array(),
  result: (bytes, { f }) => {
    const { applied, prev, version } = RegisterResult.decode(bytes);
    return { prev: textOf(prev), version, ...(f === 'cas' ? { swapped: applied } : {}) };
  },
  answer: (bytes) => {
    const value = RegisterValue.decode(bytes);
    return { value: textOf(value), version: value.version };
  },
  isUnique: () => true,
};

function expectation(from: string | null): RegisterCommand['expect'] {
  if (from === null) return { condition: { $case: 'version', value: 0 } };
  return { condition: { $case: 'value', value: utf8.in.encode(from) } };
}

/** Where each command of a run was applied first: it must not be applied anywhere else, on whichever node. */
export class AppliedCommands {
  readonly #indexes = new Map<string, number>();

  /** I7, exactly once. @throws Violation */
  applies({ index, payload }: AppliedCommand): void {
    const key = Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('latin1');
    const first = this.#indexes.get(key) ?? index;
    hold(first === index, 'I7 a command is applied once', () => `it was at ${first}, and is again at ${index}`);
    this.#indexes.set(key, first);
  }
}

/** A state machine of which it is known what it applies. */
export class WatchedMachine implements StateMachine {
  readonly name: string;

  constructor(
    private readonly inner: StateMachine,
    private readonly onApply: (command: AppliedCommand) => void,
  ) {
    this.name = inner.name;
  }

  apply(txn: StateTxn, command: AppliedCommand): Uint8Array {
    if (command.kind === 'machine') this.onApply(command);
    return this.inner.apply(txn, command);
  }

  read(view: StateView, query: Uint8Array): Uint8Array {
    return this.inner.read(view, query);
  }

  describe(kind: 'machine' | 'raw', payload: Uint8Array): string {
    return this.inner.describe(kind, payload);
  }
}
