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
const metadataBytesMax = 8 * 1024;
const metadataKeysMax = 64;

/** Limits of the gRPC server that peers and clients share. What cuts connections by their age is left out: peers keep theirs. */
export const serverOptions: ServerOptions = {
  ...transportServerOptions,
  /** Per connection. */
  'grpc.max_concurrent_streams': 128,
  /** Megabytes per connection: room for that many of the largest proposals. Less cuts off honest callers, with no word why. */
  'grpc-node.max_session_memory': 256,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.max_connection_idle_ms': 5 * 60_000,
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
