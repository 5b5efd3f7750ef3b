import {
  KvAnswer,
  KvCommand,
  type KvExpectation,
  type KvPair,
  KvQuery,
  KvResult,
} from '../../src/gen/raftctl/v1/kv.js';
import { KvMachine } from '../../src/state-machine/index.js';
import { MemoryKeyspace } from './memory-keyspace.js';

/** A hash table of one replica, spoken to by method calls that go through the machine's own bytes. */
export class Kv {
  readonly machine = new KvMachine();
  readonly keyspace = new MemoryKeyspace();
  #index = 0;

  applyBytes(payload: Uint8Array): KvResult {
    this.#index += 1;
    return KvResult.decode(
      this.machine.apply(this.keyspace, { index: this.#index, term: 1, kind: 'machine', payload }),
    );
  }

  putCommand(key: string, value: string): Uint8Array {
    return KvCommand.encode({ op: { $case: 'put', value: { key, value } } }).finish();
  }

  put(key: string, value: string): KvResult {
    return this.applyBytes(this.putCommand(key, value));
  }

  delete(key: string): KvResult {
    return this.applyBytes(KvCommand.encode({ op: { $case: 'delete', value: { key } } }).finish());
  }

  compareAndSet(key: string, condition: KvExpectation['condition'], value: string): KvResult {
    const command = { key, expect: { condition }, value };
    return this.applyBytes(KvCommand.encode({ op: { $case: 'compareAndSet', value: command } }).finish());
  }

  get(key: string): KvPair | undefined {
    return this.#ask({ op: { $case: 'get', value: { key } } }).pairs[0];
  }

  list(prefix: string, page: { limit?: number; after?: string } = {}): KvAnswer {
    return this.#ask({ op: { $case: 'list', value: { prefix, limit: 0, after: '', ...page } } });
  }

  #ask(query: KvQuery): KvAnswer {
    return KvAnswer.decode(this.machine.read(this.keyspace, KvQuery.encode(query).finish()));
  }
}
