/**
 * The distinguished encoding of ASN.1 (X.690), as far as certificates need it. It only writes: whatever is read is read by OpenSSL.
 */

/** Length octets (X.690 §8.1.3). */
function lengthOf(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.of(bytes);
  const hex = bytes.toString(16);
  const digits = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Buffer.concat([Buffer.of(0x80 | digits.length), digits]);
}

/** One value: its tag, its length, its content. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content]);
}

export const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
export const set = (...parts: readonly Uint8Array[]) => der(0x31, ...parts);
export const boolean = (value: boolean) => der(0x01, Buffer.of(value ? 0xff : 0));
/** A non-negative integer, from its bytes, the highest first. */
export const integer = (bytes: Uint8Array) => der(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.of(0) : Buffer.of(), bytes);
/** @param unusedBits of the last byte */
export const bitString = (bytes: Uint8Array, unusedBits = 0) => der(0x03, Buffer.of(unusedBits), bytes);
export const octetString = (bytes: Uint8Array) => der(0x04, bytes);
export const utf8String = (text: string) => der(0x0c, Buffer.from(text));
/** A context-specific tag around other values. */
export const tagged = (number: number, ...parts: readonly Uint8Array[]) => der(0xa0 | number, ...parts);
/** A context-specific tag around plain bytes. */
export const taggedBytes = (number: number, bytes: Uint8Array) => der(0x80 | number, bytes);

/** An object identifier, as `2.5.29.17`. */
export function objectId(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let left = value >> 7; left > 0; left >>= 7) digits.unshift(0x80 | (left & 0x7f));
  return digits;
}

/** A time, to the second: with two digits of the year until 2049, as RFC 5280 §4.1.2.5 asks. */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return date.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits));
}
