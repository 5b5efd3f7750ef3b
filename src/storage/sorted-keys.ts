/** Keys in one block, at most: so much is moved to make room for one more. */
const BLOCK_KEYS_MAX = 512;

/**
 * A set of keys in their order. The keys lie in blocks, so that adding one costs about the same however many there are: in one
 * array, a turn that applies many small writes would take seconds.
 *
 * Invariant: no block is empty, keys ascend within a block and from block to block.
 */
export class SortedKeys {
  #blocks: string[][] = [];

  /** Adds a key that is not there. */
  add(key: string): void {
    const at = this.#blockFor(key);
    const block = this.#blocks[at];
    if (block === undefined) {
      this.#blocks.push([key]);
      return;
    }
    block.splice(positionIn(block, key), 0, key);
    if (block.length > BLOCK_KEYS_MAX) this.#blocks.splice(at + 1, 0, block.splice(BLOCK_KEYS_MAX / 2));
  }

  /** Removes a key, if it is there. */
  delete(key: string): void {
    const at = this.#blockFor(key);
    const block = this.#blocks[at];
    if (block === undefined) return;
    const position = positionIn(block, key);
    if (block[position] !== key) return;
    block.splice(position, 1);
    if (block.length === 0) this.#blocks.splice(at, 1);
  }

  clear(): void {
    this.#blocks = [];
  }

  /** The lowest key >= `key`. */
  atOrAfter(key: string): string | undefined {
    const at = this.#blockFor(key);
    const block = this.#blocks[at];
    if (block === undefined) return undefined;
    return block[positionIn(block, key)] ?? this.#blocks[at + 1]?.[0];
  }

  /** The highest key < `key`, or of all. */
  before(key: string | undefined): string | undefined {
    if (key === undefined) return this.#blocks.at(-1)?.at(-1);
    const at = this.#blockFor(key);
    const block = this.#blocks[at];
    if (block === undefined) return undefined;
    const position = positionIn(block, key);
    return position > 0 ? block[position - 1] : this.#blocks[at - 1]?.at(-1);
  }

  /** Where `key` belongs: the last block that does not begin behind it, or the first one. */
  #blockFor(key: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#blocks[middle]?.[0] ?? '') <= key) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

/** Number of keys of a block below `key`. */
function positionIn(block: readonly string[], key: string): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((block[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
