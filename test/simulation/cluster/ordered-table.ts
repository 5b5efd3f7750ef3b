/** Records in the order of their keys' bytes; keys as Latin-1 text. */
export class OrderedTable {
  #keys: string[] = [];
  #values = new Map<string, Uint8Array>();

  get size(): number {
    return this.#keys.length;
  }

  get(key: string): Uint8Array | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Uint8Array): void {
    if (!this.#values.has(key)) this.#keys.splice(this.firstAt(key), 0, key);
    this.#values.set(key, value);
  }

  delete(key: string): void {
    if (this.#values.delete(key)) this.#keys.splice(this.firstAt(key), 1);
  }

  /** Place of the first key that is not below `key`. */
  firstAt(key: string): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  keyAt(place: number): string | undefined {
    return this.#keys[place];
  }

  clone(): OrderedTable {
    const copy = new OrderedTable();
    copy.#keys = [...this.#keys];
    copy.#values = new Map(this.#values);
    return copy;
  }
}

export const textOf = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
export const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');
