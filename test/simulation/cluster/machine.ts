import { type Random, randomInt } from '../../../src/base/random.js';
import { Files } from './files.js';
import { OrderedTable } from './ordered-table.js';
import type { VirtualTime } from './virtual-time.js';

/** How long this machine's disk takes. */
export interface DiskSpeed {
  readonly writeMs: number;
  readonly flushMs: number;
}

/** What may be wrong with a disk at a moment. */
export interface DiskFaults {
  /** Nothing more fits: writes fail, reads go on. */
  isFull: boolean;
  /** Flushes that end before this moment end at it. */
  stalledUntilMs: number;
  /** The next flush fails, and nobody can say what of it is on the disk. */
  failsNextFlush: boolean;
}

/** Somebody who listens to what becomes durable. */
export type CommitListener = (
  table: string,
  key: string,
  before: Uint8Array | undefined,
  after: Uint8Array | undefined,
) => void;

/**
 * A machine on which a node runs, or does not: its disk, which is there whether it runs or not, and its life, which ends in a crash. What was
 * asked for in one life never happens in the next one.
 */
export class Machine {
  readonly files: Files;
  /** What is committed of the database. */
  tables = new Map<string, OrderedTable>();
  transaction = 0;
  readonly faults: DiskFaults = { isFull: false, stalledUntilMs: 0, failsNextFlush: false };
  /** Number of the present life; none while the machine is off. */
  life = 0;
  isOn = false;
  /** Frozen until then: nothing happens on it, and all of it happens afterwards. */
  pausedUntilMs = 0;
  onCommit: CommitListener = () => {};
  /** Whether a bit of its disk was ever flipped. */
  hasFlippedBit = false;
  /** Whether its disk has refused something in this life. */
  hasFailed = false;
  /** Called before whatever happens on this machine. */
  onEvent: () => void = () => {};

  constructor(
    readonly id: number,
    readonly time: VirtualTime,
    readonly random: Random,
    readonly speed: DiskSpeed,
  ) {
    this.files = new Files(random);
  }

  /** Where its node keeps its data. */
  get dataDir(): string {
    return `${ROOT}/${this.id}`;
  }

  powerOn(): void {
    this.life++;
    this.isOn = true;
    this.pausedUntilMs = 0;
    this.hasFailed = false;
  }

  /** From one moment to the next; what was not flushed is gone, or not, or in part. */
  powerOff(): void {
    this.isOn = false;
    this.onPowerOff();
    this.onPowerOff = () => {};
    this.files.crash();
  }

  /** What an open database does when the power goes. */
  onPowerOff: () => void = () => {};

  /** Lets something happen on this machine in so many milliseconds, unless this life is over by then. */
  in(delayMs: number, run: () => void): void {
    const { life } = this;
    this.time.in(delayMs, () => this.#happen(life, run));
  }

  /** Lets something happen on this machine in the present event, or once the machine goes on. */
  now(run: () => void): void {
    this.#happen(this.life, run);
  }

  #happen(life: number, run: () => void): void {
    if (!this.isOn || this.life !== life) return;
    const leftMs = this.pausedUntilMs - this.time.nowMs;
    if (leftMs > 0) this.time.in(leftMs, () => this.#happen(life, run));
    else {
      this.onEvent();
      run();
    }
  }

  /** Asks the disk for something that takes as long as a write. */
  io<T>(act: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.in(this.random() * this.speed.writeMs, () => {
        try {
          resolve(act());
        } catch (thrown) {
          reject(thrown);
        }
      });
    });
  }

  /** Milliseconds that a flush that begins now takes. */
  flushMs(): number {
    const usualMs = this.speed.flushMs * (0.5 + this.random());
    return Math.max(usualMs, this.faults.stalledUntilMs - this.time.nowMs);
  }

  table(name: string): OrderedTable {
    const table = this.tables.get(name) ?? new OrderedTable();
    this.tables.set(name, table);
    return table;
  }

  commit(table: string, key: string, value: Uint8Array | undefined): void {
    const stored = this.table(table);
    this.onCommit(table, key, stored.get(key), value);
    if (value === undefined) stored.delete(key);
    else stored.set(key, value);
  }

  /** The disk is replaced by an empty one. */
  wipe(): void {
    this.tables = new Map();
    this.transaction = 0;
    this.files.wipe();
  }

  /**
   * Flips one bit of one record at rest.
   * @param ofLast it is one of so many with the highest keys
   * @returns where; undefined where there is nothing to flip
   */
  flipBit(table: string, ofLast = Number.POSITIVE_INFINITY): string | undefined {
    const stored = this.tables.get(table);
    const size = stored?.size ?? 0;
    const key = stored?.keyAt(randomInt(this.random, Math.max(0, size - ofLast), Math.max(1, size)));
    const value = key === undefined ? undefined : stored?.get(key);
    if (stored === undefined || key === undefined || value === undefined || value.length === 0) return undefined;
    const flipped = Buffer.from(value);
    const at = randomInt(this.random, 0, flipped.length);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << randomInt(this.random, 0, 8));
    stored.set(key, flipped);
    this.hasFlippedBit = true;
    return `${table} ${Buffer.from(key, 'latin1').toString('hex')}`;
  }
}

const ROOT = '/simulated';
const machines = new Map<string, Machine>();

/** Makes these the machines that the substitutes of the file system and the database work on. */
export function install(all: readonly Machine[]): void {
  machines.clear();
  for (const machine of all) machines.set(machine.dataDir, machine);
}

/** The machine that a path is on. */
export function machineOf(path: string): Machine {
  const machine = machines.get(path.split('/').slice(0, 3).join('/'));
  if (machine === undefined) throw new Error(`${path} is on no simulated machine`);
  return machine;
}

/** An error as of the operating system. */
export function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
