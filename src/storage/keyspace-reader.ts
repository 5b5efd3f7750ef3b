import { RaftctlError } from '../base/errors.js';
import type { StateRange, StateRecord, StateView } from '../node/ports.js';
import { getRecord, type ReadTransaction, rangeOf, type Table } from './environment.js';
import { STATE_KEY_BYTES_MAX } from './limits.js';
import { REBUILD_HINT } from './rebuild-hint.js';
import { unsealRecord } from './sealed-record.js';

const NOTHING = new Uint8Array();

/** Flushed records of a keyspace, each verified as it is read. */
export class KeyspaceReader implements StateView {
  /**
   * @param table asked for at each read: which keyspace is live may change
   * @param transaction reads as of this moment; left out, as of now
   */
  constructor(
    private readonly table: () => Table,
    private readonly transaction?: ReadTransaction,
  ) {}

  /** @throws RaftctlError E_CORRUPT */
  get(key: Uint8Array): Uint8Array | undefined {
    // LMDB refuses what cannot be a key.
    if (key.length === 0 || key.length > STATE_KEY_BYTES_MAX) return undefined;
    const sealed = getRecord(this.table(), key, this.transaction);
    if (sealed !== undefined) return unseal(key, sealed);
    this.#verifyGap(key, key);
    return undefined;
  }

  /** @throws RaftctlError E_CORRUPT */
  *range({ start, end, limit, reverse }: StateRange): Generator<StateRecord> {
    if (limit === 0) return;
    if (reverse !== true && start.length > 0) this.#verifyGap(start, undefined);
    const bounds =
      reverse === true
        ? {
            reverse,
            ...(end === undefined ? {} : { start: end, exclusiveStart: true }),
            end: start,
            inclusiveEnd: true,
          }
        : { start, ...(end === undefined ? {} : { end }) };
    const options = {
      ...bounds,
      ...(limit === undefined ? {} : { limit }),
      ...(this.transaction === undefined ? {} : { transaction: this.transaction }),
    };
    yield* inOrder(rangeOf(this.table(), options), reverse === true);
  }

  /** Records behind `after`, or from the first one on. */
  *following(after: Uint8Array | undefined): Generator<StateRecord> {
    const options = {
      start: after ?? NOTHING,
      exclusiveStart: after !== undefined,
      ...(this.transaction === undefined ? {} : { transaction: this.transaction }),
    };
    yield* inOrder(rangeOf(this.table(), options), false);
  }

  /**
   * Where LMDB finds no record, looks at those on both sides of the place. A key or a page that was damaged under a running node leads a
   * search astray, and that ends beside what is damaged, or between records that should not be neighbours.
   * @param above left out: only what is before `below` is looked at
   */
  #verifyGap(below: Uint8Array, above: Uint8Array | undefined): void {
    const transaction = this.transaction === undefined ? {} : { transaction: this.transaction };
    const before = { start: below, exclusiveStart: true, reverse: true, limit: 1, ...transaction };
    for (const { key, value } of rangeOf(this.table(), before)) {
      unseal(key, value);
      if (Buffer.compare(key, below) >= 0) throw outOfOrder(key);
    }
    if (above === undefined) return;
    for (const { key, value } of rangeOf(this.table(), { start: above, limit: 1, ...transaction })) {
      unseal(key, value);
      if (Buffer.compare(key, above) <= 0) throw outOfOrder(key);
    }
  }
}

/** Verifies records as they come, and that each is behind the one before. */
function* inOrder(records: Iterable<StateRecord>, isReverse: boolean): Generator<StateRecord> {
  let before: Uint8Array | undefined;
  for (const { key, value } of records) {
    const record = { key, value: unseal(key, value) };
    if (before !== undefined && Buffer.compare(before, key) * (isReverse ? -1 : 1) >= 0) throw outOfOrder(key);
    before = key;
    yield record;
  }
}

function unseal(key: Uint8Array, sealed: Uint8Array): Uint8Array {
  const value = unsealRecord(key, sealed);
  if (value === undefined) throw damagedRecord(key, 'its checksum does not match');
  return value;
}

function outOfOrder(key: Uint8Array): RaftctlError {
  return damagedRecord(key, 'it is not where it belongs');
}

function damagedRecord(key: Uint8Array, reason: string): RaftctlError {
  const name = Buffer.from(key).toString('hex');
  return new RaftctlError('E_CORRUPT', `the record ${name} of the state is damaged: ${reason}`, { hint: REBUILD_HINT });
}
