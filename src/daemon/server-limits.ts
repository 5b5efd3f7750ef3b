import type { ServerOptions } from '@grpc/grpc-js';
import { transportServerOptions } from '../transport/index.js';

/** Metadata of one call. */
export const metadataBytesMax = 8 * 1024;
export const metadataKeysMax = 64;
/** Calls that one connection may have open. */
export const streamsPerConnectionMax = 128;
/** Megabytes that one connection may hold: room for that many of the largest proposals. Less cuts off honest callers, with no word why. */
const sessionMegabytesMax = 256;
/** Between two looks whether the other end is still there, and how long its answer may take, in milliseconds. */
const keepaliveMs = 30_000;
const keepaliveAnswerMs = 10_000;
/** After this time without a call a connection is closed, in milliseconds. */
const idleMs = 5 * 60_000;

/** Limits of the gRPC server that peers and clients share. What cuts connections by their age is left out: peers keep theirs. */
export const serverOptions: ServerOptions = {
  ...transportServerOptions,
  'grpc.max_concurrent_streams': streamsPerConnectionMax,
  'grpc-node.max_session_memory': sessionMegabytesMax,
  'grpc.keepalive_time_ms': keepaliveMs,
  'grpc.keepalive_timeout_ms': keepaliveAnswerMs,
  'grpc.max_connection_idle_ms': idleMs,
  'grpc.enable_channelz': 0,
};
