import { RaftctlError } from '../base/errors.js';
import type { WriteBatch } from './commit-queue.js';
import { type Environment, getRecord, type ReadTransaction } from './environment.js';
import { REBUILD_HINT } from './rebuild-hint.js';
import { sealRecord, unsealRecord } from './sealed-record.js';

/** How a message of the meta table becomes bytes and back. */
export interface MetaCodec<T> {
  encode(value: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

/** One record of the meta table: a name and a codec. */
export class MetaRecord<T> {
  readonly #key: Uint8Array;

  constructor(
    private readonly name: string,
    private readonly codec: MetaCodec<T>,
  ) {
    this.#key = Buffer.from(name);
  }

  /**
   * @returns undefined where it was never written
   * @throws RaftctlError E_CORRUPT
   */
  read(environment: Environment, transaction?: ReadTransaction): T | undefined {
    const sealed = getRecord(environment.meta, this.#key, transaction);
    if (sealed === undefined) return undefined;
    const value = unsealRecord(this.#key, sealed);
    if (value === undefined) throw this.#damaged();
    try {
      return this.codec.decode(value);
    } catch {
      throw this.#damaged();
    }
  }

  write(batch: WriteBatch, environment: Environment, value: T): void {
    batch.put(environment.meta, this.#key, sealRecord(this.#key, this.codec.encode(value).finish()));
  }

  #damaged(): RaftctlError {
    return new RaftctlError(
      'E_CORRUPT',
      `the record ${this.name} of the database is damaged: its checksum does not match`,
      { hint: REBUILD_HINT },
    );
  }
}
