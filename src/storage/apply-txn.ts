import { assert } from '../base/assert.js';
import type { StateRange, StateRecord, StateTxn, StateView } from '../node/ports.js';
import { STATE_KEY_BYTES_MAX } from './limits.js';
import { mergedRange } from './merged-range.js';
import type { Overlay } from './overlay.js';

/** The keyspace as apply sees it: what is flushed, under what is not. */
export class ApplyTxn implements StateTxn {
  constructor(
    private readonly overlay: Overlay,
    private readonly flushed: StateView,
  ) {}

  get(key: Uint8Array): Uint8Array | undefined {
    const over = this.overlay.get(key);
    return over === undefined ? this.flushed.get(key) : over.value;
  }

  range(range: StateRange): Iterable<StateRecord> {
    // What the overlay deletes must not count towards the limit.
    const { limit: _, ...unlimited } = range;
    return mergedRange(this.overlay, this.flushed.range(unlimited), range);
  }

  put(key: Uint8Array, value: Uint8Array): void {
    assertKey(key);
    this.overlay.set(key, value);
  }

  delete(key: Uint8Array): void {
    assertKey(key);
    this.overlay.set(key, undefined);
  }
}

function assertKey(key: Uint8Array): void {
  assert(
    key.length > 0 && key.length <= STATE_KEY_BYTES_MAX,
    `a key has ${key.length} bytes, not 1 to ${STATE_KEY_BYTES_MAX}`,
  );
}
