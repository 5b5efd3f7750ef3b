import type { Inode } from '../files.js';
import { type Machine, machineOf, systemError } from '../machine.js';
import { bytesOf, OrderedTable, textOf } from '../ordered-table.js';

/*
 * What the storage room takes from `lmdb`, on the disks of simulated machines: transactions that become visible and durable at once when they
 * are flushed (`overlappingSync: false`), whole or not at all; one is flushed while the next one gathers; read transactions see one moment.
 */

type Change = { readonly table: string; readonly key: string; readonly value: Uint8Array | undefined };

interface Gathered {
  readonly changes: Change[];
  readonly flushed: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

interface RangeOptions {
  readonly start?: Uint8Array;
  readonly end?: Uint8Array;
  readonly limit?: number;
  readonly reverse?: boolean;
  readonly exclusiveStart?: boolean;
  readonly inclusiveEnd?: boolean;
  readonly transaction?: ReadTransaction;
}

class ReadTransaction {
  readonly #tables: Map<string, OrderedTable>;

  constructor(machine: Machine) {
    this.#tables = new Map([...machine.tables].map(([name, table]) => [name, table.clone()]));
  }

  table(name: string): OrderedTable {
    return this.#tables.get(name) ?? new OrderedTable();
  }

  done(): void {}
}

class Environment {
  isClosed = false;
  #gathering: Gathered | undefined;
  #isFlushing = false;

  constructor(readonly machine: Machine) {
    machine.onPowerOff = () => this.#onPowerOff();
  }

  write(change: Change): Promise<void> {
    this.#expectOpen();
    if (this.#gathering === undefined) {
      this.#gathering = gathered();
      if (!this.#isFlushing) this.machine.in(0, () => this.#begin());
    }
    this.#gathering.changes.push(change);
    return this.#gathering.flushed;
  }

  table(name: string, transaction: ReadTransaction | undefined): OrderedTable {
    this.#expectOpen();
    return transaction?.table(name) ?? this.machine.table(name);
  }

  #flushing: Gathered | undefined;

  #begin(): void {
    const batch = this.#gathering;
    this.#gathering = undefined;
    if (batch === undefined) return;
    this.#isFlushing = true;
    this.#flushing = batch;
    this.machine.in(this.machine.flushMs(), () => this.#end(batch));
  }

  #end(batch: Gathered): void {
    const { faults, dataDir, random } = this.machine;
    this.#isFlushing = false;
    this.#flushing = undefined;
    if (faults.isFull || faults.failsNextFlush) this.machine.hasFailed = true;
    if (faults.isFull) batch.reject(systemError('ENOSPC', dataDir));
    else if (faults.failsNextFlush) {
      faults.failsNextFlush = false;
      // A failed flush says nothing about what has reached the disk: it shows after the next start.
      if (random() < 0.5) this.#lost = batch;
      batch.reject(systemError('EIO', dataDir));
    } else {
      this.#keep(batch);
      batch.resolve();
    }
    if (this.#gathering !== undefined) this.#begin();
  }

  /** A batch whose flush failed and that is on the disk all the same. */
  #lost: Gathered | undefined;

  #keep({ changes }: Gathered): void {
    for (const { table, key, value } of changes) this.machine.commit(table, key, value);
    this.machine.transaction++;
  }

  #onPowerOff(): void {
    if (this.#lost !== undefined) this.#keep(this.#lost);
    if (this.#flushing !== undefined && this.machine.random() < 0.5) this.#keep(this.#flushing);
    this.isClosed = true;
  }

  #expectOpen(): void {
    if (this.isClosed) throw new Error('Can not use a closed database');
  }
}

class Table {
  constructor(
    readonly environment: Environment,
    readonly name: string,
  ) {}

  put(key: Uint8Array, value: Uint8Array): Promise<void> {
    return this.environment.write({ table: this.name, key: textOf(key), value });
  }

  remove(key: Uint8Array): Promise<void> {
    return this.environment.write({ table: this.name, key: textOf(key), value: undefined });
  }

  get(key: Uint8Array, options: { transaction?: ReadTransaction } = {}): Uint8Array | undefined {
    return this.environment.table(this.name, options.transaction).get(textOf(key));
  }

  *getKeys(options: RangeOptions = {}): Generator<Uint8Array> {
    for (const { key } of this.getRange(options)) yield key;
  }

  *getRange(options: RangeOptions = {}): Generator<{ key: Uint8Array; value: Uint8Array }> {
    const table = this.environment.table(this.name, options.transaction);
    let left = options.limit ?? Number.POSITIVE_INFINITY;
    const isReverse = options.reverse === true;
    let key = isReverse ? lastOf(table, options) : firstOf(table, options);
    while (key !== undefined && left-- > 0 && !isPast(key, options)) {
      const value = table.get(key);
      if (value !== undefined) yield { key: bytesOf(key), value };
      key = isReverse ? table.keyAt(table.firstAt(key) - 1) : table.keyAt(table.firstAt(`${key}\0`));
    }
  }

  getStats(): object {
    let pages = 1;
    const table = this.environment.machine.table(this.name);
    for (let at = 0; at < table.size; at += 16) pages++;
    return {
      treeLeafPageCount: pages,
      overflowPages: 0,
      pageSize: PAGE_BYTES,
      lastPageNumber: 1,
      mapSize: 0,
      numReaders: 0,
    };
  }
}

function firstOf(table: OrderedTable, { start, exclusiveStart }: RangeOptions): string | undefined {
  const text = start === undefined ? '' : textOf(start);
  return table.keyAt(table.firstAt(exclusiveStart === true ? `${text}\0` : text));
}

function lastOf(table: OrderedTable, { start, exclusiveStart }: RangeOptions): string | undefined {
  if (start === undefined) return table.keyAt(table.size - 1);
  const text = textOf(start);
  return table.keyAt(table.firstAt(exclusiveStart === true ? text : `${text}\0`) - 1);
}

function isPast(key: string, { end, inclusiveEnd, reverse }: RangeOptions): boolean {
  if (end === undefined) return false;
  const text = textOf(end);
  if (key === text) return inclusiveEnd !== true;
  return reverse === true ? key < text : key > text;
}

class Root extends Table {
  openDB({ name }: { name: string }): Table {
    return new Table(this.environment, name);
  }

  resetReadTxn(): void {}

  useReadTransaction(): ReadTransaction {
    return new ReadTransaction(this.environment.machine);
  }

  async close(): Promise<void> {
    this.environment.isClosed = true;
  }
}

export function open({ path }: { path: string }): Root {
  const machine = machineOf(path);
  const file = headerPath(machine);
  if (machine.files.get(file) === undefined) {
    machine.files.name(file, new DataFile(machine));
    machine.files.flushFolder(machine.dataDir);
  }
  return new Root(new Environment(machine), 'root');
}

const PAGE_BYTES = 4096;

function headerPath({ dataDir }: Machine): string {
  return `${dataDir}/data.mdb`;
}

/**
 * The file of a database: its first two pages, which say which transaction is the newest, are looked at before it is opened. What it is made of
 * follows from the machine's transactions, which are durable when they are counted, so it is made when somebody reads it.
 */
class DataFile implements Inode {
  constructor(private readonly machine: Machine) {}

  get content(): Buffer {
    return pagesOf(this.machine.transaction);
  }

  set content(_) {
    // A crash leaves what is durable, and that is all of it.
  }

  get durable(): Buffer {
    return this.content;
  }

  set durable(_) {
    // As above.
  }
}

function pagesOf(transaction: number): Buffer {
  const content = Buffer.alloc(2 * PAGE_BYTES);
  const older = Math.max(0, transaction - 1);
  for (const [page, number] of [transaction, older].entries()) {
    const at = page * PAGE_BYTES;
    content.writeUInt32LE(0xbeefc0de, at + 24);
    content.writeUInt32LE(2, at + 28);
    content.writeUInt32LE(PAGE_BYTES, at + 48);
    // Neither table has a page: what the database holds lies elsewhere.
    for (const root of [88, 136]) content.writeBigUInt64LE(0xffffffffffffffffn, at + root);
    content.writeBigUInt64LE(1n, at + 144);
    content.writeBigUInt64LE(BigInt(number), at + 152);
  }
  return content;
}

function gathered(): Gathered {
  let resolve: () => void = () => {};
  let reject: (reason: Error) => void = () => {};
  const flushed = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  flushed.catch(() => {});
  return { changes: [], flushed, resolve, reject };
}
