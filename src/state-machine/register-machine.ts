import { RaftctlError } from '../base/errors.js';
import {
  RegisterCommand,
  type RegisterExpectation,
  RegisterResult,
  RegisterValue,
} from '../gen/raftctl/v1/register.js';
import type { AppliedCommand, StateMachine, StateTxn, StateView } from '../node/ports.js';
import { describeBytes } from './describe-bytes.js';

const KEY = new TextEncoder().encode('register');
const neverWritten: RegisterValue = { value: new Uint8Array(), version: 0, modifiedIndex: 0 };

/**
 * One replicated buffer: the smallest state machine that is good for something, and the example for one's own. Every write gives it
 * the next version, from 1, and the log index it was written at.
 *
 * Commands are `RegisterCommand`, results `RegisterResult`; raw bytes are a write of just these bytes. The one query is empty, its
 * answer a `RegisterValue`.
 */
export class RegisterMachine implements StateMachine {
  readonly name = 'register';

  apply(txn: StateTxn, { kind, payload, index }: AppliedCommand): Uint8Array {
    const command = kind === 'raw' ? { value: payload } : decodeCommand(payload);
    return RegisterResult.encode(run(txn, command, index)).finish();
  }

  read(view: StateView, query: Uint8Array): Uint8Array {
    if (query.length > 0) {
      throw new RaftctlError('E_USAGE', `the query of the register is empty, not ${query.length} bytes`);
    }
    return RegisterValue.encode(current(view)).finish();
  }

  describe(kind: 'machine' | 'raw', payload: Uint8Array): string {
    const command = kind === 'raw' ? { value: payload } : decodeCommand(payload);
    if (command === undefined) return `unknown register command, ${describeBytes(payload)}`;
    const condition = command.expect === undefined ? '' : ` ${describeExpectation(command.expect)}`;
    return `write${condition} ${describeBytes(command.value)}`;
  }
}

function run(txn: StateTxn, command: RegisterCommand | undefined, index: number): RegisterResult {
  const before = current(txn);
  const prev = before.version === 0 ? undefined : before;
  if (command === undefined || !matches(command.expect, before)) {
    return { applied: false, prev, version: before.version };
  }
  const after = { value: command.value, version: before.version + 1, modifiedIndex: index };
  txn.put(KEY, RegisterValue.encode(after).finish());
  return { applied: true, prev, version: after.version };
}

/** A register that was never written has version 0 and no bytes. */
function matches(expect: RegisterExpectation | undefined, before: RegisterValue): boolean {
  if (expect === undefined) return true;
  switch (expect.condition?.$case) {
    case 'version':
      return expect.condition.value === before.version;
    case 'value':
      return sameBytes(expect.condition.value, before.value);
    case undefined:
      return false;
  }
}

function current(view: StateView): RegisterValue {
  const bytes = view.get(KEY);
  return bytes === undefined ? neverWritten : RegisterValue.decode(bytes);
}

function decodeCommand(payload: Uint8Array): RegisterCommand | undefined {
  try {
    return RegisterCommand.decode(payload);
  } catch {
    return undefined;
  }
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

function describeExpectation({ condition }: RegisterExpectation): string {
  switch (condition?.$case) {
    case 'version':
      return `if version ${condition.value}`;
    case 'value':
      return `if ${describeBytes(condition.value)}`;
    case undefined:
      return 'on a condition that never holds';
  }
}
