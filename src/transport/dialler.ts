import { type ChannelCredentials, type ChannelOptions, Client } from '@grpc/grpc-js';
import { connectMethod } from './frame-codec.js';
import { PeerStream } from './peer-stream.js';
import { FLOW_CONTROL_WINDOW_BYTES, FRAME_BYTES_MAX } from './transport-config.js';

/**
 * How peers are dialled. That a peer is frozen is noticed by the pings on its stream (`Pulse`); gRPC's own are for connections without
 * one, and have much patience: they count milliseconds, so that a process that was late itself would cut off a peer whose answer lies unread. Retries are off, for a stream cannot be
 * repeated, and their buffer is empty, for otherwise gRPC reports bytes as written which it only keeps for a repetition.
 */
const channelOptions: ChannelOptions = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 500,
  'grpc.enable_retries': 0,
  'grpc.per_rpc_retry_buffer_size': 0,
  'grpc.enable_channelz': 0,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_http_proxy': 0,
  'grpc.max_send_message_length': FRAME_BYTES_MAX,
  'grpc.max_receive_message_length': FRAME_BYTES_MAX,
  'grpc-node.flow_control_window': FLOW_CONTROL_WINDOW_BYTES,
};

/**
 * A client of its own for each stream: a fresh one looks the host name up again, and knows nothing of the failures before it. Dialling is
 * rare and rests in between, so nothing is saved by keeping it.
 */
export function newClient(address: string, credentials: ChannelCredentials): Client {
  return new Client(address, credentials, channelOptions);
}

/** Opens a peer stream; a failure shows as its end. */
export function dialStream(address: string, credentials: ChannelCredentials, unsentBytesMax: number): PeerStream {
  const client = newClient(address, credentials);
  const call = client.makeBidiStreamRequest(
    connectMethod.path,
    connectMethod.requestSerialize,
    connectMethod.responseDeserialize,
  );
  return PeerStream.ofDialled(call, unsentBytesMax, () => client.close());
}
