import { EventEmitter, once } from 'node:events';
import { credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { type LogFields, type Logger, silentLogger } from '../../src/base/logger.js';
import { seededRandom } from '../../src/base/random.js';
import { Message, MessageType } from '../../src/gen/raft/v1/raft.js';
import { type Member, SpaceLevel } from '../../src/gen/raftctl/v1/member.js';
import type { LinkStatus, PeerIdentity, SnapshotSink, TransportEvents } from '../../src/node/ports.js';
import { GrpcTransport, type TransportConfig, transportServerOptions } from '../../src/transport/index.js';

/** A message with what a test cares about. */
export function message(from: number, to: number, fields: Partial<Message> = {}): Message {
  return Message.fromPartial({ msgType: MessageType.HEARTBEAT, from, to, term: 1, ...fields });
}

/** An append of `count` entries of `bytes` bytes each, that says where it starts. */
export function append(from: number, to: number, index: number, bytes: number, count = 1): Message {
  const data = new Uint8Array(bytes);
  const entries = Array.from({ length: count }, (_, i) => ({ index: index + 1 + i, term: 1, data }));
  return message(from, to, { msgType: MessageType.APPEND, index, entries: Message.fromPartial({ entries }).entries });
}

/** Keeps log lines, for tests that ask what was said. */
export class RecordingLogger implements Logger {
  readonly lines: { message: string; fields: LogFields }[] = [];
  readonly debug = silentLogger.debug;
  readonly info = (message: string, fields: LogFields = {}) => void this.lines.push({ message, fields });
  readonly error = (message: string, fields: LogFields = {}) => void this.lines.push({ message, fields });
  readonly warn = (message: string, fields: LogFields = {}) => void this.lines.push({ message, fields });
}

/** How a test node differs from one of three voters of cluster `c1`. */
export interface NodeSetup {
  readonly identity?: Partial<PeerIdentity>;
  readonly config?: Partial<TransportConfig>;
  readonly logger?: Logger;
  readonly onMessages?: TransportEvents['onMessages'];
  readonly onAdopt?: (clusterId: string) => Promise<void>;
  readonly onSnapshotOffered?: (message: Message) => Promise<SnapshotSink>;
}

/** Short enough for a test to wait for, long enough for a busy machine. */
const testConfig: Partial<TransportConfig> = { pingIntervalMs: 200, backOffMinMs: 10, backOffMaxMs: 50, closeMs: 200 };

/** A transport on a server of its own, and all that it told its node. */
export class TestNode {
  readonly received: Message[] = [];
  readonly unreachable: number[] = [];
  readonly staged: Message[] = [];
  /** Who said that the cluster is of which later incarnation. */
  readonly superseded: { readonly by: number; readonly incarnation: number }[] = [];
  /** Emits `change` whenever one of the above grows. */
  private readonly news = new EventEmitter().setMaxListeners(0);
  readonly identity: PeerIdentity;
  transport: GrpcTransport;
  private server = newServer();
  port = 0;

  constructor(
    readonly id: number,
    private readonly setup: NodeSetup = {},
  ) {
    this.identity = {
      nodeId: id,
      clusterId: 'c1',
      incarnation: 1,
      address: '',
      version: 'test',
      stateMachine: 'kv',
      instance: id.toString(16).padStart(32, '0'),
      instanceOf: () => undefined,
      wallClockMs: 0,
      isVoter: () => true,
      configIndex: 1,
      isKnown: () => true,
      abilities: { features: [`feature-of-${id}`], certificateNames: [] },
      declinesLeadership: false,
      space: SpaceLevel.AMPLE,
      ...setup.identity,
    };
    this.transport = this.newTransport();
  }

  get member(): Member {
    return { id: this.id, name: `n${this.id}`, address: `127.0.0.1:${this.port}`, addedIndex: 1 };
  }

  /** Listens, on the port it had before if it had one. */
  async start(): Promise<this> {
    this.transport.addTo(this.server);
    this.transport.start(this.identity, this.events());
    this.port = await new Promise<number>((resolve, reject) => {
      this.server.bindAsync(`127.0.0.1:${this.port}`, ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
    return this;
  }

  async stop(): Promise<void> {
    await this.transport.close();
    this.server.forceShutdown();
  }

  /** As a process that is killed and started again: other connections, same port. */
  async restart(): Promise<void> {
    await this.stop();
    this.transport = this.newTransport();
    this.server = newServer();
    await this.start();
  }

  link(id: number): LinkStatus {
    const found = this.transport.links().find((link) => link.id === id);
    if (found === undefined) throw new Error(`node ${this.id} has no link to node ${id}`);
    return found;
  }

  /** Resolves once `condition` holds; looked at whenever something happens, and now and then for what happens silently. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await Promise.race([once(this.news, 'change'), new Promise((resolve) => setTimeout(resolve, 5))]);
    }
  }

  private newTransport(): GrpcTransport {
    return new GrpcTransport({
      logger: this.setup.logger ?? silentLogger,
      clock: () => performance.now(),
      random: seededRandom(this.id),
      credentialsFor: () => credentials.createInsecure(),
      secured: false,
      config: { ...testConfig, ...this.setup.config },
    });
  }

  private events(): TransportEvents {
    const changed = () => this.news.emit('change');
    return {
      onMessages: (messages) => {
        this.setup.onMessages?.(messages);
        for (const one of messages) this.received.push(one);
        changed();
      },
      onUnreachable: (id) => {
        this.unreachable.push(id);
        changed();
      },
      onSnapshotOffered: this.setup.onSnapshotOffered ?? (() => Promise.reject(new Error('no snapshot is wanted'))),
      onSnapshotReceived: (one) => {
        this.staged.push(one);
        changed();
      },
      onSuperseded: (by, incarnation) => {
        this.superseded.push({ by, incarnation });
        changed();
      },
      onAdopt: this.setup.onAdopt ?? (() => Promise.reject(new Error('nobody is adopted'))),
    };
  }
}

function newServer(): Server {
  return new Server(transportServerOptions);
}

/** Nodes that know each other. */
export async function cluster(...nodes: TestNode[]): Promise<void> {
  for (const node of nodes) await node.start();
  introduce(...nodes);
}

/** Tells the nodes of each other, as after a change of the members. */
export function introduce(...nodes: TestNode[]): void {
  for (const node of nodes) node.transport.setPeers(nodes.map(({ member }) => member));
}

/** Stops all nodes that were made through it. */
export class Nodes {
  private readonly nodes: TestNode[] = [];

  make(id: number, setup: NodeSetup = {}): TestNode {
    const node = new TestNode(id, setup);
    this.nodes.push(node);
    return node;
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.splice(0).map((node) => node.stop()));
  }
}
