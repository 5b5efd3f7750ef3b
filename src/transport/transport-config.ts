import type { ServerOptions } from '@grpc/grpc-js';

/** Limits and times of the transport. Each has a unit in its name, or says it. */
export interface TransportConfig {
  /** Messages that wait for one peer, in each of its two lanes. */
  readonly queueMessagesMax: number;
  /** Encoded bytes that wait for one peer, in each of its two lanes. */
  readonly queueBytesMax: number;
  /** Encoded bytes of one frame of messages; a single message may be larger. */
  readonly batchBytesMax: number;
  /** Encoded bytes of one message; a larger one is never sent. Below gRPC's own default of 4 MiB for what a server receives. */
  readonly messageBytesMax: number;
  /** Bytes handed to gRPC and not yet to the socket. What is urgent waits behind so many, and one batch more. */
  readonly unsentBytesMax: number;
  /** From dialling, or from the opening of an inbound stream, to the hello of the other side. */
  readonly helloTimeoutMs: number;
  /** Between two pings on a stream. A stream on which nothing comes for two whole intervals is given up. */
  readonly pingIntervalMs: number;
  /** Shortest and longest pause before a peer is dialled again. */
  readonly backOffMinMs: number;
  readonly backOffMaxMs: number;
  /** A snapshot stream on which no chunk moves for so long is given up. */
  readonly snapshotIdleMs: number;
  /** How long the receiver may take to verify and stage a snapshot once it has all of it. */
  readonly snapshotFinishMs: number;
  /** How long `close` waits for streams to end by themselves. */
  readonly closeMs: number;
}

export const defaultTransportConfig: TransportConfig = {
  queueMessagesMax: 4096,
  queueBytesMax: 64 * 1024 * 1024,
  batchBytesMax: 256 * 1024,
  messageBytesMax: 4 * 1024 * 1024 - 64 * 1024,
  unsentBytesMax: 256 * 1024,
  helloTimeoutMs: 2000,
  pingIntervalMs: 1000,
  backOffMinMs: 100,
  backOffMaxMs: 500,
  snapshotIdleMs: 10_000,
  snapshotFinishMs: 120_000,
  closeMs: 500,
};

/** Largest frame that is sent or taken, in encoded bytes. */
export const FRAME_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Bytes that a sender may have under way on one stream. gRPC's default of 64 KiB would hold two nodes that are 50 ms apart to 1.3 MB/s; far
 * more would put a heartbeat behind too much of a slow line.
 */
export const FLOW_CONTROL_WINDOW_BYTES = 256 * 1024;

/**
 * What the server needs that peers dial: its own limits hold for what it receives. Its keepalive frees the connections of peers that went
 * away without a word; that they are away is noticed sooner, by the pings on the streams.
 */
export const transportServerOptions: ServerOptions = {
  'grpc.max_receive_message_length': FRAME_BYTES_MAX,
  'grpc.max_send_message_length': FRAME_BYTES_MAX,
  'grpc-node.flow_control_window': FLOW_CONTROL_WINDOW_BYTES,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.enable_channelz': 0,
};
