/** A key as a string whose order, compared unit by unit, is the order of the bytes. */
export function keyText(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
}

/** The bytes of `keyText`. */
export function keyBytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
