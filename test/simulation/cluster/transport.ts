import { Message } from '../../../src/gen/raft/v1/raft.js';
import type { Member } from '../../../src/gen/raftctl/v1/member.js';
import type { LinkStatus, PeerIdentity, SnapshotSource, Transport, TransportEvents } from '../../../src/node/ports.js';
import { admit } from '../../../src/transport/admission.js';
import { checkHello, makeHello } from '../../../src/transport/hello.js';
import { whyDropped } from '../../../src/transport/message-filter.js';
import type { Machine } from './machine.js';
import type { SimulatedNetwork } from './network.js';

/** Milliseconds after which a transfer of a snapshot that does not move on is given up. */
const TRANSFER_MS_MAX = 8000;

/** Milliseconds after which a transfer that has arrived is repeated, at most. */
const REPEATED_MS_MAX = 30;

/** What two nodes found when they last greeted each other. */
interface Greeting {
  readonly epoch: number;
  readonly peerLife: number;
  /** Index of the configuration and cluster of either, as of then. */
  readonly indexes: readonly [self: number, other: number];
  readonly clusters: readonly [self: string, other: string];
  readonly obstacle: string;
}

/**
 * One node's end of the network. Who may talk to whom, and how a fresh node becomes one of a cluster, is judged by the code of the real
 * transport; what gRPC does is a message that travels, or not.
 */
export class SimulatedTransport implements Transport {
  #identity: PeerIdentity | undefined;
  #events: TransportEvents | undefined;
  #peers: readonly Member[] = [];
  readonly #greetings = new Map<number, Greeting>();
  readonly #life: number;

  constructor(
    private readonly machine: Machine,
    private readonly network: SimulatedNetwork,
  ) {
    this.#life = machine.life;
  }

  get identity(): PeerIdentity | undefined {
    return this.#identity;
  }

  /** Undefined once that life is over: nobody may speak to who is dead. */
  get events(): TransportEvents | undefined {
    return this.isAlive ? this.#events : undefined;
  }

  /** Whether the life in which this was made goes on. */
  get isAlive(): boolean {
    return this.machine.isOn && this.machine.life === this.#life && this.#events !== undefined;
  }

  start(identity: PeerIdentity, events: TransportEvents): void {
    this.#identity = identity;
    this.#events = events;
    this.network.ends.set(this.machine.id, this);
  }

  setPeers(members: readonly Member[]): void {
    this.#peers = members;
  }

  send(messages: readonly Message[]): void {
    if (!this.isAlive) return;
    for (const message of messages) {
      if (this.#isConnected(message.to)) this.network.send(message);
      else this.#events?.onUnreachable(message.to);
    }
  }

  /** A message has come to this machine. */
  arrive(bytes: Uint8Array, from: number): void {
    const { counters } = this.network;
    this.machine.now(() => {
      const sender = this.network.ends.get(from);
      const [identity, other] = [this.#identity, sender?.identity];
      if (identity === undefined || other === undefined || this.#events === undefined) return;
      const message = Message.decode(bytes);
      if (whyDropped(message, from, this.machine.id) !== undefined) {
        counters.add('message refused at the door');
        return;
      }
      const obstacle = this.#obstacle(from);
      if (obstacle !== '') {
        counters.add('hello refused');
        // Whoever is refused hears why, and may learn of a later incarnation.
        void admit(makeHello(other, this.machine.id), identity, this.#events);
        return;
      }
      void this.#take(message, other, identity, this.#events);
    });
  }

  async sendSnapshot(message: Message, source: SnapshotSource, onSent: (bytes: number) => void): Promise<void> {
    const { counters, random, time } = this.network;
    const { to } = message;
    const end = this.network.ends.get(to);
    if (end === undefined || !this.#isConnected(to)) throw new Error('not connected');
    await this.#pass(to, end);
    if (this.#identity !== undefined && end.identity !== undefined && end.events !== undefined) {
      await admit(makeHello(this.#identity, to), end.identity, end.events);
    }
    const chunks: Uint8Array[] = [];
    const recorded = async function* (): AsyncIterable<Uint8Array> {
      for await (const chunk of source.chunks()) {
        chunks.push(chunk);
        yield chunk;
      }
    };
    await this.#transfer(message, end, recorded(), onSent);
    if (random() < this.network.quality.repeatTransfer) {
      // Nobody may rely on it that a snapshot comes once: who does not hear that it has arrived sends it again.
      counters.add('snapshot transfer repeated');
      void time
        .sleep(random() * REPEATED_MS_MAX)
        .then(() => this.#transfer(message, end, chunks, () => {}))
        .catch(() => counters.add('repeated snapshot transfer refused'));
    }
    await this.#pass(to, end);
  }

  /** Sends the chunks, has them staged, and the message taken in. */
  async #transfer(
    message: Message,
    end: SimulatedTransport,
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    onSent: (bytes: number) => void,
  ): Promise<void> {
    const { counters, random } = this.network;
    const { to } = message;
    if (this.network.isInstalling(to)) counters.add('snapshot offered while another one is installed');
    const offered = end.events?.onSnapshotOffered(message) ?? Promise.reject(new Error('not there'));
    const sink = await this.#guarded(to, end, offered);
    let sent = 0;
    try {
      for await (const chunk of chunks) {
        await this.#pass(to, end);
        const copy = Buffer.from(chunk);
        if (random() < this.network.quality.duplicate / 4) {
          counters.add('snapshot chunk damaged on the way');
          copy[0] = (copy[0] ?? 0) ^ 1;
        }
        if (!end.isAlive) throw new Error(`node ${to} is gone`);
        await this.#guarded(to, end, sink.write(copy));
        sent += chunk.length;
        onSent(sent);
      }
      if (!end.isAlive) throw new Error(`node ${to} is gone`);
      await this.#guarded(to, end, sink.finish());
    } catch (thrown) {
      counters.add('snapshot transfer failed');
      if (end.isAlive) void sink.abort().catch(() => {});
      throw thrown;
    }
    end.events?.onSnapshotReceived(message);
    counters.add('snapshot received');
  }

  links(): readonly LinkStatus[] {
    return this.#peers
      .filter(({ id }) => id !== this.machine.id)
      .map(({ id, address }) => {
        const connected = this.#isConnected(id);
        const other = connected ? this.network.ends.get(id)?.identity : undefined;
        return {
          id,
          address,
          connected,
          lastSeenMs: undefined,
          rttMs: undefined,
          error: connected ? '' : 'not connected',
          instance: other?.instance,
          declinesLeadership: other?.declinesLeadership,
        };
      });
  }

  /** Links look at what the other side wants as it is now. */
  announceIntent(): void {}

  async close(): Promise<void> {
    this.#events = undefined;
  }

  #isConnected(to: number): boolean {
    const end = this.network.ends.get(to);
    return end?.isAlive === true && this.network.seemsConnected(this.machine.id, to) && this.#obstacle(to) === '';
  }

  /** Why there is no connection: one of the two refuses the other's hello. As of when the connection was made. */
  #obstacle(to: number): string {
    const end = this.network.ends.get(to);
    const [self, other] = [this.#identity, end?.identity];
    if (end === undefined || self === undefined || other === undefined) return 'not there';
    const { epoch } = this.network;
    const known = this.#greetings.get(to);
    if (known?.epoch === epoch && known.peerLife === end.#life && isOf(known, self, other)) return known.obstacle;
    const verdicts = [
      checkHello(makeHello(self, to), other),
      checkHello(makeHello(other, this.machine.id), self, { dialled: to }),
    ];
    const obstacle = verdicts.flatMap((verdict) => (verdict.kind === 'refused' ? verdict.reason : []))[0] ?? '';
    const indexes = [self.configIndex, other.configIndex] as const;
    const clusters = [self.clusterId, other.clusterId] as const;
    this.#greetings.set(to, { epoch, peerLife: end.#life, indexes, clusters, obstacle });
    return obstacle;
  }

  async #take(message: Message, from: PeerIdentity, self: PeerIdentity, events: TransportEvents): Promise<void> {
    if (self.clusterId === '') {
      const verdict = await admit(makeHello(from, self.nodeId), self, events);
      if (verdict.kind !== 'accepted' || !this.isAlive) return;
    }
    this.network.onReceive(self.nodeId, message.from);
    events.onMessages([message]);
  }

  /** Waits as long as a message is under way. @throws where the other side is gone, or nothing passes */
  async #pass(to: number, end: SimulatedTransport): Promise<void> {
    await this.#guarded(to, end, this.network.time.sleep(this.network.latencyMs(this.machine.id, to)));
    if (!this.network.passes(this.machine.id, to) || !this.network.passes(to, this.machine.id)) {
      throw new Error('the connection broke');
    }
  }

  /** What the other side does, as long as there is one. It goes on in a later event of this machine, if it is there still. */
  #guarded<T>(to: number, end: SimulatedTransport, doing: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => this.machine.in(0, act);
      const giveUp = () => {
        if (!end.isAlive) settle(() => reject(new Error(`node ${to} is gone`)));
        else if (this.network.time.nowMs - begunMs > TRANSFER_MS_MAX)
          settle(() => reject(new Error('it takes too long')));
        else this.machine.in(TRANSFER_MS_MAX / 8, giveUp);
      };
      const begunMs = this.network.time.nowMs;
      let isOver = false;
      doing.then(
        (value) => {
          isOver = true;
          settle(() => resolve(value));
        },
        (thrown: unknown) => {
          isOver = true;
          settle(() => reject(thrown));
        },
      );
      this.machine.in(TRANSFER_MS_MAX / 8, () => {
        if (!isOver) giveUp();
      });
    });
  }
}

/** Whether a greeting was between these two, as they are now. */
function isOf({ indexes, clusters }: Greeting, self: PeerIdentity, other: PeerIdentity): boolean {
  return (
    indexes[0] === self.configIndex &&
    indexes[1] === other.configIndex &&
    clusters[0] === self.clusterId &&
    clusters[1] === other.clusterId
  );
}
