import { messageOf } from '../base/errors.js';
import type { Message } from '../gen/raft/v1/raft.js';
import type { Member } from '../gen/raftctl/v1/member.js';
import { PeerBatch } from '../gen/raftctl/v1/transport.js';
import type { LinkStatus, PeerIdentity, SnapshotSource, Transport, TransportEvents } from '../node/index.js';
import { whyDropped } from '../transport/message-filter.js';
import type { Calls } from './calls.js';
import { type LinkOptions, Links } from './links.js';
import { Code, type Envelope, RequestError } from './protocol.js';
import { receivedPart, SnapshotParts } from './snapshot-parts.js';

/** How often nodes say that they are there, in milliseconds. */
const helloMs = 200;

export interface MaelstromTransportOptions extends LinkOptions {
  readonly calls: Calls;
  /** Whether messages had better be dropped than queued. */
  readonly congested: () => boolean;
}

/**
 * The network between nodes, over Maelstrom's. Messages may be lost, delayed, delivered twice, and in any order: all of that goes to the core
 * as it comes, except over a restart of either end (`Links`).
 */
export class MaelstromTransport implements Transport {
  #links: Links | undefined;
  #events: TransportEvents | undefined;
  #nodeId = 0;
  #timer: NodeJS.Timeout | undefined;
  #peers: readonly Member[] = [];
  #parts: SnapshotParts | undefined;

  constructor(private readonly options: MaelstromTransportOptions) {}

  start(identity: PeerIdentity, events: TransportEvents): void {
    this.#nodeId = identity.nodeId;
    this.#events = events;
    this.#parts = new SnapshotParts(this.options.life, events);
    this.#links = new Links(this.options, identity, events);
    this.#links.setPeers(this.#peers);
    this.#timer = setInterval(() => this.#links?.sayHelloToAll(), helloMs);
  }

  setPeers(members: readonly Member[]): void {
    this.#peers = members;
    this.#links?.setPeers(members);
  }

  send(messages: readonly Message[]): void {
    const byPeer = new Map<number, Message[]>();
    for (const message of messages) {
      const batch = byPeer.get(message.to);
      if (batch === undefined) byPeer.set(message.to, [message]);
      else batch.push(message);
    }
    for (const [to, batch] of byPeer) {
      const dest = this.#links?.destOf(to);
      if (dest === undefined || this.options.congested()) {
        this.#events?.onUnreachable(to);
        continue;
      }
      const encoded = Buffer.from(PeerBatch.encode({ messages: batch }).finish()).toString('base64');
      this.options.send(dest, { type: 'raft_batch', ...this.#links?.lives(to), batch: encoded });
    }
  }

  async sendSnapshot(message: Message, source: SnapshotSource, onSent: (bytes: number) => void): Promise<void> {
    const { to } = message;
    const dest = this.#links?.destOf(to);
    if (dest === undefined || this.#parts === undefined) {
      throw new RequestError(Code.temporarilyUnavailable, `node ${to} is not connected`);
    }
    await this.#parts.send(message, source, onSent, (part, timeoutMs) =>
      this.options.calls.call(dest, { type: 'raft_snapshot', ...this.#links?.lives(to), ...part }, timeoutMs),
    );
  }

  links(): readonly LinkStatus[] {
    return this.#links?.status() ?? [];
  }

  announceIntent(): void {
    this.#links?.sayHelloToAll();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
  }

  onHello({ src, body }: Envelope): void {
    void this.#links?.onHello(src, body);
  }

  /** Messages of a peer's core. What is not for this node, or from somebody else than it says, is left out. */
  onBatch({ src, body }: Envelope): void {
    const from = this.#links?.speakerOf(src, body);
    if (from === undefined) return;
    const messages = this.#decode(src, body['batch']).filter((message) => {
      const reason = whyDropped(message, from, this.#nodeId);
      if (reason !== undefined) this.options.logger.warn('a message is left out', { from: src, reason });
      return reason === undefined;
    });
    if (messages.length > 0) this.#events?.onMessages(messages);
  }

  /**
   * One part of a snapshot; resolves when it is written, the last one when the whole file is verified and staged.
   * @throws RequestError where it does not fit to what was sent before
   */
  async onSnapshotPart({ src, body }: Envelope): Promise<void> {
    const from = this.#links?.speakerOf(src, body);
    if (from === undefined) throw new RequestError(Code.temporarilyUnavailable, 'the nodes are not connected');
    await this.#parts?.take(from, this.#nodeId, receivedPart(body));
  }

  #decode(src: string, encoded: unknown): readonly Message[] {
    try {
      if (typeof encoded !== 'string') throw new Error('it has no batch');
      return PeerBatch.decode(Buffer.from(encoded, 'base64')).messages;
    } catch (thrown) {
      this.options.logger.warn('a batch cannot be read', { from: src, reason: messageOf(thrown) });
      return [];
    }
  }
}
