import {
  type Metadata,
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
  type ServerOptions,
  status,
} from '@grpc/grpc-js';
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

/** Ends a call whose metadata is larger than any honest caller's, before its message is read. */
export const limitMetadata: ServerInterceptor = (_method, call) => {
  const listener = new ServerListenerBuilder()
    .withOnReceiveMetadata((metadata, next) => {
      if (isTooLarge(metadata)) {
        const details = `the metadata of a call may have ${metadataKeysMax} keys and ${metadataBytesMax} bytes`;
        call.sendStatus({ code: status.RESOURCE_EXHAUSTED, details });
      } else {
        next(metadata);
      }
    })
    .build();
  return new ServerInterceptingCall(call, new ResponderBuilder().withStart((next) => next(listener)).build());
};

function isTooLarge(metadata: Metadata): boolean {
  const pairs = Object.entries(metadata.toHttp2Headers());
  let bytes = 0;
  for (const [key, value] of pairs) {
    for (const text of Array.isArray(value) ? value : [String(value)]) bytes += key.length + text.length;
  }
  return pairs.length > metadataKeysMax || bytes > metadataBytesMax;
}
