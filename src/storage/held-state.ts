import { RaftctlError } from '../base/errors.js';
import type { HeldState, StateRange, StateRecord, StateView } from '../node/ports.js';
import { ApplyTxn } from './apply-txn.js';
import type { Environment, ReadTransaction, Table } from './environment.js';
import { KeyspaceReader } from './keyspace-reader.js';
import type { Overlay } from './overlay.js';

/** What is flushed, held in a read transaction, under a copy of what is not. */
export class HeldKeyspace implements HeldState, StateView {
  readonly #transaction: ReadTransaction;
  readonly #txn: ApplyTxn;
  #released = false;

  /**
   * @param overlay a copy that nobody else writes to
   * @param onReleased told once
   */
  constructor(
    environment: Environment,
    table: Table,
    overlay: Overlay,
    private readonly onReleased: (held: HeldKeyspace) => void,
  ) {
    this.#transaction = environment.root.useReadTransaction();
    this.#txn = new ApplyTxn(overlay, new KeyspaceReader(() => table, this.#transaction));
  }

  get view(): StateView {
    return this;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#requireHeld();
    return this.#txn.get(key);
  }

  *range(range: StateRange): Iterable<StateRecord> {
    this.#requireHeld();
    for (const record of this.#txn.range(range)) {
      yield record;
      this.#requireHeld();
    }
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#transaction.done();
    this.onReleased(this);
  }

  #requireHeld(): void {
    if (this.#released) throw new RaftctlError('E_STOPPED', 'the state is not held any more');
  }
}
