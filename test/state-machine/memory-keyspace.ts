import type { StateRange, StateRecord, StateTxn } from '../../src/node/ports.js';

/** A keyspace in memory, ordered by bytes. Keys and values are copied in and out, so that nobody can lean on a shared buffer. */
export class MemoryKeyspace implements StateTxn {
  readonly #records = new Map<string, Uint8Array>();

  constructor(records: Iterable<StateRecord> = []) {
    for (const { key, value } of records) this.put(key, value);
  }

  get size(): number {
    return this.#records.size;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#records.get(hex(key))?.slice();
  }

  put(key: Uint8Array, value: Uint8Array): void {
    if (key.length < 1 || key.length > 1900) throw new RangeError(`a key of ${key.length} bytes`);
    this.#records.set(hex(key), value.slice());
  }

  delete(key: Uint8Array): void {
    this.#records.delete(hex(key));
  }

  *range({ start, end, limit, reverse = false }: StateRange): Iterable<StateRecord> {
    const keys = [...this.#records.keys()]
      .filter((key) => key >= hex(start) && (end === undefined || key < hex(end)))
      .sort();
    if (reverse) keys.reverse();
    for (const key of keys.slice(0, limit)) {
      const value = this.#records.get(key);
      if (value !== undefined) yield { key: Buffer.from(key, 'hex'), value: value.slice() };
    }
  }

  /** All records as text: equal dumps are equal states. */
  dump(): string {
    return Array.from(this.range({ start: new Uint8Array() }), ({ key, value }) => `${hex(key)}=${hex(value)}`).join(
      '\n',
    );
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
