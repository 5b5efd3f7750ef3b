import { fileURLToPath } from 'node:url';
import { type ChannelOptions, Client, type ClientReadableStream, credentials, type ServiceError } from '@grpc/grpc-js';
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';
import { protoPath as healthProto } from 'grpc-health-check';

/**
 * A gRPC client of another make: it knows nothing of this project but the files in `proto/`, which it reads at run time, as a stranger
 * would who writes a client in another language.
 */
const protos = fileURLToPath(new URL('../../proto', import.meta.url));
const files = ['cluster', 'kv', 'leader', 'log', 'member', 'proposal', 'register', 'snapshot'];
const definitions = loadSync([...files.map((file) => `raftctl/v1/${file}.proto`), healthProto], {
  includeDirs: [protos],
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
});

/** Unary calls to one address. */
export class PlainClient {
  readonly #client: Client;

  /** @param channel more settings of gRPC for its connection */
  constructor(
    readonly address: string,
    channel: ChannelOptions = {},
  ) {
    // A node that was started again is found at once.
    const reconnect = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 500 };
    this.#client = new Client(address, credentials.createInsecure(), { ...reconnect, ...channel });
  }

  /** Calls `service.method`, such as `raftctl.v1.KvService` and `Put`. Rejects with gRPC's own error. */
  call<Response>(service: string, method: string, request: object, deadlineMs = 5000): Promise<Response> {
    const definition = definitionOf(service, method);
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        definition.path,
        definition.requestSerialize,
        definition.responseDeserialize,
        request,
        { deadline: Date.now() + deadlineMs },
        (error: ServiceError | null, response?: object) => (error ? reject(error) : resolve(response as Response)),
      );
    });
  }

  /** Opens a stream of answers that nobody reads until somebody listens. */
  open(service: string, method: string, request: object): ClientReadableStream<object> {
    const { path, requestSerialize, responseDeserialize } = definitionOf(service, method);
    return this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
  }

  close(): void {
    this.#client.close();
  }
}

function definitionOf(service: string, method: string) {
  const definition = (definitions[service] as ServiceDefinition | undefined)?.[method];
  if (definition === undefined) throw new Error(`proto/ has no ${service}/${method}`);
  return definition;
}

/** A key as it comes over the wire. */
export interface KvPair {
  readonly key: string;
  readonly value: string;
  readonly version: number;
}

/** Every pair that a node itself has applied, whatever the others have. */
export async function localPairs(address: string): Promise<Map<string, KvPair>> {
  const client = new PlainClient(address);
  const pairs = new Map<string, KvPair>();
  try {
    for (let after = '', more = true; more; ) {
      const request = { prefix: '', after, consistency: 'CONSISTENCY_LOCAL' };
      const page = await client.call<{ pairs: KvPair[]; more: boolean }>('raftctl.v1.KvService', 'List', request);
      for (const pair of page.pairs) pairs.set(pair.key, pair);
      after = page.pairs.at(-1)?.key ?? after;
      more = page.more;
    }
  } finally {
    client.close();
  }
  return pairs;
}
