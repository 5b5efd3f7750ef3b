import type { Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { Role } from '../gen/raftctl/v1/cluster.js';
import type { NodeApi } from '../node/node-api.js';

/** A burst of changes is looked at once, this many milliseconds after its first. */
const settleMs = 50;

/**
 * The standard gRPC health service: SERVING, for the server as a whole ('') and for each service, while the node is a member of its
 * cluster and knows a leader.
 */
export class Health {
  readonly #implementation: HealthImplementation;
  readonly #names: readonly string[];
  readonly #node: NodeApi;
  readonly #unsubscribe: () => void;
  #timer: NodeJS.Timeout | undefined;
  #serving: boolean | undefined;

  constructor(server: Server, node: NodeApi, serviceNames: readonly string[]) {
    this.#node = node;
    this.#names = ['', ...serviceNames];
    this.#implementation = new HealthImplementation();
    this.#implementation.addToServer(server);
    this.#set(isServing(node));
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
    for (const name of this.#names) this.#implementation.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
  }
}

function isServing(node: NodeApi): boolean {
  const { role, leader } = node.status();
  return leader !== 0 && role !== Role.NONE && role !== Role.UNSPECIFIED;
}
