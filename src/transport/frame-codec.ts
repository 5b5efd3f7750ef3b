import { messageOf } from '../base/errors.js';
import {
  ConnectRequest,
  ConnectResponse,
  type PeerFrame,
  SendSnapshotRequest,
  SendSnapshotResponse,
  TransportServiceService,
} from '../gen/raftctl/v1/transport.js';

/** One frame of a peer stream: a hello, a batch or a ping. */
export type Frame = NonNullable<PeerFrame['frame']>;
/** One part of a snapshot stream: the header or a chunk. */
export type SnapshotPart = NonNullable<SendSnapshotRequest['part']>;

/** Decoded bytes, or why they could not be. Decoding never throws: gRPC would call that an internal error of the server. */
export type Decoded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

function decoding<T>(decode: (bytes: Uint8Array) => T | undefined): (bytes: Buffer) => Decoded<T> {
  return (bytes) => {
    try {
      const value = decode(bytes);
      return value === undefined ? { ok: false, reason: 'it says nothing' } : { ok: true, value };
    } catch (thrown) {
      return { ok: false, reason: messageOf(thrown) };
    }
  };
}

/** The same bytes as a Buffer, which is what gRPC wants; not a copy. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The peer stream: frames on both ways, the envelopes of the protocol taken off. */
export const connectMethod = {
  path: TransportServiceService.connect.path,
  requestStream: true,
  responseStream: true,
  requestSerialize: (frame: Frame) => asBuffer(ConnectRequest.encode({ frame: { frame } }).finish()),
  requestDeserialize: decoding((bytes) => ConnectRequest.decode(bytes).frame?.frame),
  responseSerialize: (frame: Frame) => asBuffer(ConnectResponse.encode({ frame: { frame } }).finish()),
  responseDeserialize: decoding((bytes) => ConnectResponse.decode(bytes).frame?.frame),
};

/** The snapshot stream: header and chunks one way, one empty answer. */
export const sendSnapshotMethod = {
  path: TransportServiceService.sendSnapshot.path,
  requestStream: true,
  responseStream: false,
  requestSerialize: (part: SnapshotPart) => asBuffer(SendSnapshotRequest.encode({ part }).finish()),
  requestDeserialize: decoding((bytes) => SendSnapshotRequest.decode(bytes).part),
  responseSerialize: (response: SendSnapshotResponse) => asBuffer(SendSnapshotResponse.encode(response).finish()),
  responseDeserialize: decoding((bytes) => SendSnapshotResponse.decode(bytes)),
};
