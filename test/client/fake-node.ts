import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type StatusObject,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { RaftctlError } from '../../src/base/errors.js';
import { AuthServiceService } from '../../src/gen/raftctl/v1/auth.js';
import {
  type BootstrapSpec,
  ClusterServiceService,
  NodeStatus,
  PeerProgress,
  type PrepareBootstrapRequest,
  Role,
} from '../../src/gen/raftctl/v1/cluster.js';
import { Changed, ErrorDetail } from '../../src/gen/raftctl/v1/errors.js';
import { HistoryServiceService } from '../../src/gen/raftctl/v1/history.js';
import { KvServiceService } from '../../src/gen/raftctl/v1/kv.js';
import { LeaderServiceService } from '../../src/gen/raftctl/v1/leader.js';
import { MemberServiceService } from '../../src/gen/raftctl/v1/member.js';
import { NodeServiceService } from '../../src/gen/raftctl/v1/node.js';
import { ProposalServiceService } from '../../src/gen/raftctl/v1/proposal.js';

/**
 * An answer to a unary call: a message, an error, or `lost`: the call is taken and never answered; the connection breaks. `expired`: it is
 * taken, and ended by gRPC as its deadline has come by the clock of the node.
 */
export type Answer<Response> = Response | RaftctlError | 'lost' | 'expired';

type Handlers = Record<string, (request: never) => Answer<object> | Promise<Answer<object>>>;

const services = [
  AuthServiceService,
  ClusterServiceService,
  HistoryServiceService,
  KvServiceService,
  LeaderServiceService,
  MemberServiceService,
  NodeServiceService,
  ProposalServiceService,
] as readonly ServiceDefinition[];

/** What a stream tells, and the error that it ends with; one that is to go on waits in its iteration. */
export type Telling = AsyncIterable<object | RaftctlError>;

/**
 * A node on loopback that says what its test tells it to say: the generated services with handlers by method name. What it is not told
 * to answer it does not implement.
 */
export class FakeNode {
  readonly calls: { method: string; request: unknown }[] = [];
  readonly handlers: Handlers = {};
  readonly tellers = new Map<string, (request: never) => Telling>();
  status: NodeStatus;
  bootstrapped: BootstrapSpec | undefined;
  #server = new Server();
  #port = 0;

  private constructor(id: number) {
    this.status = NodeStatus.fromPartial({ id, name: `n${id}`, role: Role.FOLLOWER, hardState: { term: 1 } });
    this.on('getStatus', () => ({ status: this.status }));
  }

  static async start(id: number): Promise<FakeNode> {
    const node = new FakeNode(id);
    await node.listen();
    node.status.address = node.address;
    return node;
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  on<Request>(method: string, handler: (request: Request) => Answer<object> | Promise<Answer<object>>): void {
    (this.handlers as Record<string, typeof handler>)[method] = handler;
  }

  /** Says what a method with a stream of answers tells. */
  onStream<Request>(method: string, teller: (request: Request) => Telling): void {
    this.tellers.set(method, teller);
  }

  /** Requests that came for a method. */
  requests<Request>(method: string): Request[] {
    return this.calls.filter((call) => call.method === method).map((call) => call.request as Request);
  }

  /** Says what a fresh node says to a bootstrap, and keeps what it is given. */
  acceptBootstrap(): void {
    this.on('prepareBootstrap', ({ nodeId }: PrepareBootstrapRequest) => ({
      nodeId,
      existing: this.bootstrapped,
      stateMachine: 'kv',
    }));
    this.on('bootstrap', ({ spec }: { spec?: BootstrapSpec }) => {
      const changed = this.bootstrapped === undefined;
      this.bootstrapped = spec;
      this.status.clusterId = spec?.clusterId ?? '';
      return { configIndex: 1, changed };
    });
  }

  /** Listens, on the port that it had before where it had one. */
  async listen(): Promise<void> {
    this.#server = new Server();
    for (const service of services) this.#server.addService(service, this.#implement(service));
    this.#port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(`127.0.0.1:${this.#port}`, ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
  }

  /** Breaks every connection off and refuses new ones. */
  stop(): void {
    this.#server.forceShutdown();
  }

  #implement(service: ServiceDefinition): UntypedServiceImplementation {
    return Object.fromEntries(
      Object.entries(service)
        .filter(([, { requestStream }]) => !requestStream)
        .map(([name, { responseStream }]) => [name, responseStream ? this.#stream(name) : this.#unary(name)]),
    );
  }

  #unary(name: string): handleUnaryCall<object, object> {
    return (call, callback) => {
      this.calls.push({ method: name, request: call.request });
      void this.#answer(name, call.request as never, callback);
    };
  }

  #stream(name: string): handleServerStreamingCall<object, object> {
    return async (call) => {
      this.calls.push({ method: name, request: call.request });
      const teller = this.tellers.get(name);
      if (teller === undefined) {
        call.emit('error', { code: status.UNIMPLEMENTED, details: `not told what to say to ${name}` });
        return;
      }
      for await (const told of teller(call.request as never)) {
        if (call.cancelled) return;
        if (told instanceof RaftctlError) {
          call.emit('error', toStatus(told));
          return;
        }
        call.write(told);
      }
      call.end();
    };
  }

  async #answer(name: string, request: never, callback: sendUnaryData<object>): Promise<void> {
    const handler = this.handlers[name];
    if (handler === undefined) {
      callback({ code: status.UNIMPLEMENTED, details: `not told what to say to ${name}` });
      return;
    }
    const answer = await handler(request);
    if (answer === 'lost') {
      this.stop();
      await this.listen();
    } else if (answer === 'expired') {
      callback({ code: status.DEADLINE_EXCEEDED, details: 'Deadline exceeded' });
    } else if (answer instanceof RaftctlError) {
      callback(toStatus(answer));
    } else {
      callback(null, answer);
    }
  }
}

const wireChanged = { no: Changed.NO, yes: Changed.YES, unknown: Changed.UNKNOWN };

function toStatus({
  code,
  message,
  facts,
  changed,
  retryable,
  leaderHint,
  hint = '',
}: RaftctlError): Partial<StatusObject> {
  const detail = ErrorDetail.fromPartial({
    code,
    message,
    facts: [...facts],
    changed: wireChanged[changed],
    retryable,
    leaderHint,
    hint,
  });
  const metadata = new Metadata();
  metadata.set('raftctl-error-bin', Buffer.from(ErrorDetail.encode(detail).finish()));
  return { code: status.UNAVAILABLE, details: message, metadata };
}

/** The refusal of a node that is not the leader. */
export function notLeader(hint?: FakeNode): RaftctlError {
  return new RaftctlError('E_NOT_LEADER', 'this node is not the leader', {
    retryable: true,
    ...(hint === undefined ? {} : { leaderHint: { id: hint.status.id, address: hint.address, term: 1 } }),
  });
}

/** Three nodes of one cluster that know of each other; the first leads. */
export async function startTrio(): Promise<[FakeNode, FakeNode, FakeNode]> {
  const nodes: [FakeNode, FakeNode, FakeNode] = [
    await FakeNode.start(1),
    await FakeNode.start(2),
    await FakeNode.start(3),
  ];
  const members = nodes.map(({ status: { id, name }, address }) => ({ id, name, address, addedIndex: 1 }));
  for (const node of nodes) {
    node.status = NodeStatus.fromPartial({
      ...node.status,
      clusterId: 'c'.repeat(32),
      configIndex: 1,
      confState: { voters: [1, 2, 3] },
      members,
      leader: 1,
    });
  }
  nodes[0].status.role = Role.LEADER;
  nodes[0].status.progress = [1, 2, 3].map((id) => PeerProgress.fromPartial({ id, recentActive: true }));
  return nodes;
}

/** Makes every node say that nobody leads. */
export function withoutLeader(nodes: readonly FakeNode[]): void {
  for (const node of nodes) {
    node.status.leader = 0;
    node.status.role = Role.PRE_CANDIDATE;
  }
}
