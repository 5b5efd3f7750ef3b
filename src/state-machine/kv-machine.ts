import { jsonProblem, keyProblem } from '../base/kv-limits.js';
import {
  KvCommand,
  type KvCompareAndSet,
  type KvExpectation,
  type KvPair,
  KvRecord,
  KvResult,
} from '../gen/raftctl/v1/kv.js';
import type { AppliedCommand, StateMachine, StateTxn, StateView } from '../node/ports.js';
import { describeBytes, jsonLine, quoted } from './describe-bytes.js';
import { answerKvQuery, keyBytes, readPair } from './kv-queries.js';
import { sameJson } from './same-json.js';

const NO_RESULT = new Uint8Array();

/**
 * The replicated hash table: string keys to JSON texts, which are kept to the byte. Every write gives a key the next version, from 1
 * when the key is made, and the log index it was written at. A condition is judged when the command is applied, never before.
 *
 * Commands are `KvCommand`, results `KvResult`, queries `KvQuery`, answers `KvAnswer`. Raw bytes are in the log and nothing else.
 */
export class KvMachine implements StateMachine {
  readonly name = 'kv';

  apply(txn: StateTxn, { kind, payload, index }: AppliedCommand): Uint8Array {
    if (kind === 'raw') return NO_RESULT;
    return KvResult.encode(run(txn, decodeCommand(payload), index)).finish();
  }

  read(view: StateView, query: Uint8Array): Uint8Array {
    return answerKvQuery(view, query);
  }

  describe(kind: 'machine' | 'raw', payload: Uint8Array): string {
    if (kind === 'raw') return `raw ${describeBytes(payload)}`;
    const op = decodeCommand(payload)?.op;
    switch (op?.$case) {
      case 'put':
        return `put ${quoted(op.value.key)} = ${jsonLine(op.value.value)}`;
      case 'delete':
        return `delete ${quoted(op.value.key)}`;
      case 'compareAndSet':
        return `cas ${quoted(op.value.key)} ${describeExpectation(op.value.expect)} -> ${jsonLine(op.value.value)}`;
      case undefined:
        return `unknown kv command, ${describeBytes(payload)}`;
    }
  }
}

const refused: KvResult = { applied: false, version: 0 };

function run(txn: StateTxn, command: KvCommand | undefined, index: number): KvResult {
  const op = command?.op;
  if (op === undefined || keyProblem(op.value.key) !== undefined) return refused;
  switch (op.$case) {
    case 'put':
      return write(txn, op.value.key, op.value.value, readPair(txn, op.value.key), index);
    case 'delete':
      return remove(txn, op.value.key);
    case 'compareAndSet':
      return compareAndSet(txn, op.value, index);
  }
}

function write(txn: StateTxn, key: string, value: string, prev: KvPair | undefined, index: number): KvResult {
  if (jsonProblem(value) !== undefined) return unchanged(prev);
  const version = (prev?.version ?? 0) + 1;
  txn.put(keyBytes(key), KvRecord.encode({ value, version, modifiedIndex: index }).finish());
  return { applied: true, prev, version };
}

function remove(txn: StateTxn, key: string): KvResult {
  const prev = readPair(txn, key);
  if (prev === undefined) return refused;
  txn.delete(keyBytes(key));
  return { applied: true, prev, version: 0 };
}

function compareAndSet(txn: StateTxn, { key, expect, value }: KvCompareAndSet, index: number): KvResult {
  const prev = readPair(txn, key);
  return matches(expect, prev) ? write(txn, key, value, prev, index) : unchanged(prev);
}

/** A key that does not exist has version 0, here as in answers. */
function matches(expect: KvExpectation | undefined, pair: KvPair | undefined): boolean {
  const condition = expect?.condition;
  switch (condition?.$case) {
    case 'absent':
      return condition.value === (pair === undefined);
    case 'version':
      return condition.value === (pair?.version ?? 0);
    case 'value':
      return pair !== undefined && jsonProblem(condition.value) === undefined && sameJson(pair.value, condition.value);
    case undefined:
      return false;
  }
}

function unchanged(pair: KvPair | undefined): KvResult {
  return { applied: false, prev: pair, version: pair?.version ?? 0 };
}

function decodeCommand(payload: Uint8Array): KvCommand | undefined {
  try {
    return KvCommand.decode(payload);
  } catch {
    return undefined;
  }
}

function describeExpectation(expect: KvExpectation | undefined): string {
  const condition = expect?.condition;
  switch (condition?.$case) {
    case 'absent':
      return condition.value ? 'if absent' : 'if present';
    case 'version':
      return `if version ${condition.value}`;
    case 'value':
      return `if ${jsonLine(condition.value)}`;
    case undefined:
      return 'on a condition that never holds';
  }
}
