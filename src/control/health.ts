import type {
  Server,
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { service as healthDefinition } from 'grpc-health-check';
import { RaftctlError } from '../base/errors.js';
import { Role } from '../gen/raftctl/v1/cluster.js';
import type { NodeApi } from '../node/node-api.js';
import { toStatus } from './error-status.js';
import { decodingToHandler, UndecodableRequest } from './undecodable-request.js';

/** A burst of changes is looked at once, this many milliseconds after its first. */
const settleMs = 50;
/** Watchers that may be there at once: anybody may watch, and each costs memory. */
export const healthWatchersMax = 1024;

type Question = { readonly service: string } | UndecodableRequest;
type Answer = { readonly status: 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN' };
type Watcher = ServerWritableStream<Question, Answer>;

/**
 * The standard gRPC health service: SERVING, for the server as a whole ('') and for each service, while the node is a member of its
 * cluster and knows a leader. Asks nobody who he is, so that what it keeps for strangers is bounded: watchers, and nothing for the names
 * that they make up.
 */
export class Health {
  readonly #names: ReadonlySet<string>;
  readonly #node: NodeApi;
  readonly #unsubscribe: () => void;
  /** Of services that there are. Who watches another one has its one answer and waits for no more. */
  readonly #watchers = new Set<Watcher>();
  #open = 0;
  #timer: NodeJS.Timeout | undefined;
  #serving: boolean;

  constructor(server: Server, node: NodeApi, serviceNames: readonly string[]) {
    this.#node = node;
    this.#names = new Set(['', ...serviceNames]);
    this.#serving = isServing(node);
    server.addService(decodingToHandler(healthDefinition), this.#implementation());
    this.#unsubscribe = node.onStatusChange(() => {
      this.#timer ??= setTimeout(() => this.#look(), settleMs);
    });
  }

  /** Says NOT_SERVING from now on, whatever the node does. */
  stop(): void {
    this.#unsubscribe();
    clearTimeout(this.#timer);
    this.#set(false);
  }

  #look(): void {
    this.#timer = undefined;
    this.#set(isServing(this.#node));
  }

  #set(serving: boolean): void {
    if (serving === this.#serving) return;
    this.#serving = serving;
    for (const watcher of this.#watchers) watcher.write(this.#answer());
  }

  #answer(): Answer {
    return { status: this.#serving ? 'SERVING' : 'NOT_SERVING' };
  }

  #implementation(): UntypedServiceImplementation {
    return {
      Check: ({ request }: ServerUnaryCall<Question, Answer>, answer: sendUnaryData<Answer>) => {
        if (request instanceof UndecodableRequest) answer(toStatus(request.refusal()));
        else if (this.#names.has(request.service)) answer(null, this.#answer());
        else answer(toStatus(new RaftctlError('E_NOT_FOUND', 'this node has no service of that name')));
      },
      List: (_: unknown, answer: sendUnaryData<{ statuses: Record<string, Answer> }>) => {
        answer(null, { statuses: Object.fromEntries([...this.#names].map((name) => [name, this.#answer()])) });
      },
      Watch: (watcher: Watcher) => this.#watch(watcher),
    };
  }

  #watch(watcher: Watcher): void {
    const { request } = watcher;
    if (request instanceof UndecodableRequest) {
      watcher.emit('error', toStatus(request.refusal()));
      return;
    }
    if (this.#open >= healthWatchersMax) {
      const message = `${healthWatchersMax} watch the health of this node, as many as it takes`;
      watcher.emit('error', toStatus(new RaftctlError('E_OVERLOADED', message, { retryable: true })));
      return;
    }
    this.#open++;
    watcher.once('cancelled', () => {
      this.#open--;
      this.#watchers.delete(watcher);
    });
    // A name may be that of a service of a later version: the protocol has its watcher wait.
    if (!this.#names.has(request.service)) {
      watcher.write({ status: 'SERVICE_UNKNOWN' });
      return;
    }
    this.#watchers.add(watcher);
    watcher.write(this.#answer());
  }
}

function isServing(node: NodeApi): boolean {
  const { role, leader } = node.status();
  return leader !== 0 && role !== Role.NONE && role !== Role.UNSPECIFIED;
}
