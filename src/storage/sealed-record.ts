import { crc32 } from 'node:zlib';

/** Bytes of the checksum in front of every value. */
export const CHECKSUM_BYTES = 4;

/**
 * A value as it lies on disk: a checksum over key and value, then the value. The key is part of it, so that a value that turns up
 * under another key is damage and not an answer.
 */
export function sealRecord(key: Uint8Array, value: Uint8Array): Uint8Array {
  const sealed = Buffer.allocUnsafe(CHECKSUM_BYTES + value.length);
  sealed.writeUInt32BE(crc32(value, crc32(key)), 0);
  sealed.set(value, CHECKSUM_BYTES);
  return sealed;
}

/** The value of a sealed record; undefined where the checksum does not match. */
export function unsealRecord(key: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < CHECKSUM_BYTES) return undefined;
  const value = sealed.subarray(CHECKSUM_BYTES);
  return checksumOf(sealed) === crc32(value, crc32(key)) ? value : undefined;
}

/** The checksum that a record carries. */
export function checksumOf(record: Uint8Array): number {
  return new DataView(record.buffer, record.byteOffset, CHECKSUM_BYTES).getUint32(0);
}
