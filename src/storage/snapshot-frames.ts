import { crc32 } from 'node:zlib';

/** Bytes in front of each frame of a snapshot file: its length, then its checksum, both big-endian. */
export const FRAME_HEADER_BYTES = 8;

/** What stands in front of a frame. */
export interface FrameHeader {
  readonly length: number;
  readonly checksum: number;
}

/** A frame as it lies in the file. */
export function encodeFrame(payload: Uint8Array): Uint8Array {
  const frame = Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES + payload.length);
  frame.writeUInt32BE(payload.length, 0);
  frame.writeUInt32BE(crc32(payload), 4);
  frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}

/** Reads what stands in front of a frame. */
export function decodeFrameHeader(bytes: Uint8Array): FrameHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES);
  return { length: view.getUint32(0), checksum: view.getUint32(4) };
}

/** The payload of a frame that ends a run of bytes, found by the fact that its length and its checksum fit; undefined where none does. */
export function lastFrame(bytes: Uint8Array): { at: number; payload: Uint8Array } | undefined {
  for (let at = bytes.length - FRAME_HEADER_BYTES; at >= 0; at--) {
    const { length, checksum } = decodeFrameHeader(bytes.subarray(at));
    const payload = bytes.subarray(at + FRAME_HEADER_BYTES);
    if (length === payload.length && checksum === crc32(payload)) return { at, payload };
  }
  return undefined;
}
