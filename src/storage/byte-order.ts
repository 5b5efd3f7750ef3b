/** A key as a string whose order, compared unit by unit, is the order of the bytes. */
export function keyText(key: Uint8Array): string {
  const buffer = Buffer.isBuffer(key) ? key : Buffer.from(key.buffer, key.byteOffset, key.length);
  return buffer.toString('latin1');
}

/** The bytes of `keyText`. */
export function keyBytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}
