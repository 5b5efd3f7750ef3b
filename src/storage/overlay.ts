import { keyText } from './byte-order.js';
import { SortedKeys } from './sorted-keys.js';

/** What the overlay knows of a key: its value, or that it is deleted. */
export interface OverlayEntry {
  readonly value: Uint8Array | undefined;
}

/**
 * Writes of apply that are not flushed yet, in key order: those of the turn that is being applied, and those of the writes in flight.
 * A key is held once, with its newest value, until the write that carries this value is flushed.
 */
export class Overlay {
  readonly #held = new Map<string, OverlayEntry>();
  /** The keys of `#held`. */
  readonly #order = new SortedKeys();
  #open = new Map<string, OverlayEntry>();
  readonly #inFlight = new Map<number, Map<string, OverlayEntry>>();

  /** Whether something was set since the last `seal`. */
  get hasOpenWrites(): boolean {
    return this.#open.size > 0;
  }

  get(key: Uint8Array): OverlayEntry | undefined {
    return this.#held.get(keyText(key));
  }

  /** @param value undefined deletes the key */
  set(key: Uint8Array, value: Uint8Array | undefined): void {
    const text = keyText(key);
    const held: OverlayEntry = { value };
    if (!this.#held.has(text)) this.#order.add(text);
    this.#held.set(text, held);
    this.#open.set(text, held);
  }

  /** Gives out what was set since the last time, to be written as `write`. */
  seal(write: number): ReadonlyMap<string, OverlayEntry> {
    const sealed = this.#open;
    if (sealed.size === 0) return sealed;
    this.#open = new Map();
    this.#inFlight.set(write, sealed);
    return sealed;
  }

  /** A write is flushed: what it carried is readable on disk, unless it was overwritten since. */
  onFlushed(write: number): void {
    const flushed = this.#inFlight.get(write);
    if (flushed === undefined) return;
    this.#inFlight.delete(write);
    for (const [text, held] of flushed) {
      if (this.#held.get(text) !== held) continue;
      this.#held.delete(text);
      this.#order.delete(text);
    }
  }

  /** Forgets everything: the keyspace below is another one. */
  clear(): void {
    this.#held.clear();
    this.#order.clear();
    this.#open = new Map();
    this.#inFlight.clear();
  }

  /** What is held now, for somebody who goes on reading it while this changes. */
  copy(): Overlay {
    const copy = new Overlay();
    for (const [text, held] of this.#held) {
      copy.#held.set(text, held);
      copy.#order.add(text);
    }
    return copy;
  }

  /** The lowest key >= `text`, with what is known of it. */
  atOrAfter(text: string): [string, OverlayEntry] | undefined {
    return this.#entryOf(this.#order.atOrAfter(text));
  }

  /** The highest key < `text`, or of all. */
  before(text: string | undefined): [string, OverlayEntry] | undefined {
    return this.#entryOf(this.#order.before(text));
  }

  #entryOf(text: string | undefined): [string, OverlayEntry] | undefined {
    const held = text === undefined ? undefined : this.#held.get(text);
    return text === undefined || held === undefined ? undefined : [text, held];
  }
}
