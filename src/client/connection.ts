import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  connectivityState,
  credentials,
  type ClientOptions as GrpcOptions,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { RaftctlError } from '../base/errors.js';
import { isLocalAddress } from './address.js';
import type { Settings } from './options.js';
import { type FailedCall, fromStatus } from './status-error.js';

/** A call as the generated code describes it. */
export interface Method<Request, Response> {
  readonly path: string;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

const messageBytesMax = 16 * 1024 * 1024;

/** Back after a restart within half a second, and a node that hangs is noticed within six seconds while a call waits for it. */
const channelOptions: GrpcOptions = {
  'grpc.keepalive_time_ms': 2000,
  'grpc.keepalive_timeout_ms': 4000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 500,
  'grpc.max_receive_message_length': messageBytesMax,
  'grpc.max_send_message_length': messageBytesMax,
  // Which call is repeated, where and as what, is decided in this room alone.
  'grpc.enable_retries': 0,
  'grpc.enable_http_proxy': 0,
  'grpc.enable_channelz': 0,
};

/** One node's address and the channel to it. Every failure comes out as a `RaftctlError`. */
export class Connection {
  readonly #client: Client;
  readonly #secured: boolean;
  readonly #token: string | undefined;

  constructor(
    readonly address: string,
    settings: Settings,
  ) {
    const security = securityOf(address, settings);
    this.#secured = security !== undefined;
    this.#token = settings.token;
    if (this.#token !== undefined && !this.#secured && !isLocalAddress(address)) {
      throw new RaftctlError('E_TLS_REQUIRED', `a token is not sent to ${address} in plain text`, {
        hint: 'secure the connection with --cacert FILE',
      });
    }
    const name = settings.tls?.serverName;
    this.#client = new Client(address, security ?? credentials.createInsecure(), {
      ...channelOptions,
      ...(name === undefined ? {} : { 'grpc.ssl_target_name_override': name, 'grpc.default_authority': name }),
    });
  }

  /**
   * Waits until the channel is connected, or is known not to connect; the next call then says why. Without this a call to a machine that is
   * silent would wait out the deadline of the whole call.
   * @throws RaftctlError E_CONN_TIMEOUT when `deadlineMs` has passed; nothing was sent
   */
  async settle(deadlineMs: number): Promise<void> {
    const channel = this.#client.getChannel();
    for (;;) {
      const state = channel.getConnectivityState(true);
      if (state !== connectivityState.IDLE && state !== connectivityState.CONNECTING) return;
      const passed = await new Promise<boolean>((resolve) => {
        channel.watchConnectivityState(state, deadlineMs, (error) => resolve(error !== undefined));
      });
      if (!passed) continue;
      throw new RaftctlError('E_CONN_TIMEOUT', `no answer from ${this.address} in time`, { retryable: true });
    }
  }

  /** One request, one answer, or an error when `deadlineMs` (as `Date.now` counts) has passed. */
  unary<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    deadlineMs: number,
    signal?: AbortSignal,
  ): Promise<Response> {
    const { path, requestSerialize, responseDeserialize } = method;
    return new Promise((resolve, reject) => {
      const call = this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        this.#metadata(),
        { deadline: deadlineMs },
        (error, response) => {
          signal?.removeEventListener('abort', cancel);
          if (error !== null) reject(fromStatus(error, this.#failed(path)));
          else resolve(response as Response);
        },
      );
      const cancel = () => call.cancel();
      signal?.addEventListener('abort', cancel, { once: true });
      if (signal?.aborted) cancel();
    });
  }

  /** One request, many answers; ends quietly when the signal is aborted. */
  async *serverStream<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    deadlineMs: number,
    signal?: AbortSignal,
  ): AsyncGenerator<Response> {
    const { path, requestSerialize, responseDeserialize } = method;
    const call = this.#client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      this.#metadata(),
      { deadline: deadlineMs },
    );
    const cancel = () => call.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      for await (const response of call) yield response as Response;
    } catch (error) {
      if (signal?.aborted) return;
      throw this.failure(error as ServiceError, path);
    } finally {
      signal?.removeEventListener('abort', cancel);
      call.cancel();
    }
  }

  /** Many requests, many answers; failures come as `error` events, and `failure` explains them. */
  duplex<Request, Response>(method: Method<Request, Response>): ClientDuplexStream<Request, Response> {
    return this.#client.makeBidiStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      this.#metadata(),
      {},
    );
  }

  /** The error to show for what the channel said. */
  failure(error: ServiceError, path: string) {
    return fromStatus(error, this.#failed(path));
  }

  close(): void {
    this.#client.close();
  }

  #metadata(): Metadata {
    const metadata = new Metadata();
    if (this.#token !== undefined) metadata.set('authorization', `Bearer ${this.#token}`);
    return metadata;
  }

  #failed(path: string): FailedCall {
    return { address: this.address, path, secured: this.#secured };
  }
}

/** One connection for each address, made when it is first asked for. */
export class Connections {
  readonly #byAddress = new Map<string, Connection>();

  constructor(private readonly settings: Settings) {}

  to(address: string): Connection {
    const known = this.#byAddress.get(address);
    if (known !== undefined) return known;
    const connection = new Connection(address, this.settings);
    this.#byAddress.set(address, connection);
    return connection;
  }

  close(): void {
    for (const connection of this.#byAddress.values()) connection.close();
    this.#byAddress.clear();
  }
}

/** Undefined for plain text: where it was asked for, or where nothing leaves this machine. */
function securityOf(address: string, { tls, insecure }: Settings): ChannelCredentials | undefined {
  if (insecure || (tls === undefined && isLocalAddress(address))) return undefined;
  const bytes = (part: Uint8Array | undefined) => (part === undefined ? null : Buffer.from(part));
  return credentials.createSsl(bytes(tls?.ca), bytes(tls?.key), bytes(tls?.cert));
}
