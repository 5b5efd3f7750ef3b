import { RaftctlError } from '../base/errors.js';
import type { StateRange, StateRecord, StateView } from '../node/ports.js';
import { getRecord, type ReadTransaction, rangeOf, type Table } from './environment.js';
import { STATE_KEY_BYTES_MAX } from './limits.js';
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
    return sealed === undefined ? undefined : unseal(key, sealed);
  }

  /** @throws RaftctlError E_CORRUPT */
  *range({ start, end, limit, reverse }: StateRange): Generator<StateRecord> {
    if (limit === 0) return;
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
    for (const { key, value } of rangeOf(this.table(), options)) yield { key, value: unseal(key, value) };
  }

  /** Records behind `after`, or from the first one on. */
  *following(after: Uint8Array | undefined): Generator<StateRecord> {
    const options = {
      start: after ?? NOTHING,
      exclusiveStart: after !== undefined,
      ...(this.transaction === undefined ? {} : { transaction: this.transaction }),
    };
    for (const { key, value } of rangeOf(this.table(), options)) yield { key, value: unseal(key, value) };
  }
}

function unseal(key: Uint8Array, sealed: Uint8Array): Uint8Array {
  const value = unsealRecord(key, sealed);
  if (value === undefined) {
    const name = Buffer.from(key).toString('hex');
    throw new RaftctlError('E_CORRUPT', `the record ${name} of the state is damaged: its checksum does not match`);
  }
  return value;
}
