import { type ChannelCredentials, type Server, status } from '@grpc/grpc-js';
import { assert } from '../base/assert.js';
import { RaftctlError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { QuietLog } from '../base/quiet-log.js';
import type { Random } from '../base/random.js';
import type { Message } from '../gen/raft/v1/raft.js';
import type { Member } from '../gen/raftctl/v1/member.js';
import type { PeerHello } from '../gen/raftctl/v1/transport.js';
import type {
  LinkStatus,
  MonotonicClock,
  PeerIdentity,
  SnapshotSource,
  Transport,
  TransportEvents,
} from '../node/ports.js';
import { dialStream, newClient } from './dialler.js';
import { makeHello } from './hello.js';
import { receiveStream } from './inbound-stream.js';
import { isPeerType } from './message-filter.js';
import { type LinkContext, PeerLink } from './peer-link.js';
import { type AcceptedCall, PeerStream } from './peer-stream.js';
import { shownCertificate } from './shown-certificate.js';
import { type IncomingSnapshot, SnapshotReceiver } from './snapshot-receiver.js';
import { streamSnapshot } from './snapshot-sender.js';
import { StatusError } from './status-error.js';
import { defaultTransportConfig, type TransportConfig } from './transport-config.js';
import { type ConnectionHandler, registerService } from './transport-service.js';

/** Everything a transport is made of. */
export interface GrpcTransportOptions {
  readonly logger: Logger;
  readonly clock: MonotonicClock;
  /** For the jitter of the pauses before dialling again. */
  readonly random: Random;
  /** With which a peer is dialled; they hold whatever answers there to be this node. */
  readonly credentialsFor: (nodeId: number) => ChannelCredentials;
  /** Whether peers must show a certificate of a node. */
  readonly secured: boolean;
  /** Told whose connection carries a peer's stream, as HOST:PORT of its other end. */
  readonly onPeerConnection?: (from: string) => void;
  /** What differs from `defaultTransportConfig`. */
  readonly config?: Partial<TransportConfig>;
}

/** What `start` brings. */
interface Running {
  readonly context: LinkContext;
  readonly receiver: SnapshotReceiver;
}

interface SnapshotUnderWay {
  readonly to: number;
  readonly abort: AbortController;
}

/** The network between nodes over gRPC: `addTo` the node's server, then `start`, and at the end `close`. */
export class GrpcTransport implements Transport, ConnectionHandler {
  private readonly config: TransportConfig;
  private readonly quietLog: QuietLog;
  private running: Running | undefined;
  private closed = false;
  /** Ids that are members. Others have a link only as long as they have a stream. */
  private members = new Set<number>();
  private readonly peers = new Map<number, PeerLink>();
  /** Links with new messages, sent together at the end of this turn of the event loop. */
  private readonly touched = new Set<PeerLink>();
  private readonly snapshots = new Set<SnapshotUnderWay>();

  constructor(private readonly options: GrpcTransportOptions) {
    this.config = { ...defaultTransportConfig, ...options.config };
    this.quietLog = new QuietLog(options.logger, options.clock);
  }

  /** Registers the peers' service; before the server is started. Calls that come before `start` are refused. */
  addTo(server: Server): void {
    registerService(server, this);
  }

  start(identity: PeerIdentity, events: TransportEvents): void {
    assert(this.running === undefined && !this.closed, 'a transport is started once');
    const { config, quietLog } = this;
    const { clock, random, logger, credentialsFor, secured } = this.options;
    const dial = (address: string, id: number) => dialStream(address, credentialsFor(id), config.unsentBytesMax);
    this.running = {
      context: { identity, events, config, clock, random, logger, quietLog, dial },
      receiver: new SnapshotReceiver({ identity, events, config, secured }),
    };
  }

  setPeers(members: readonly Member[]): void {
    if (this.closed) return;
    const { context } = this.started();
    const others = members.filter(({ id }) => id !== context.identity.nodeId);
    this.members = new Set(others.map(({ id }) => id));
    for (const [id, link] of this.peers) {
      if (this.members.has(id)) continue;
      // A fresh node knows no members, and yet somebody may be talking to it.
      const guest =
        link.address === undefined && link.inUse && context.identity.isKnown(id, context.identity.configIndex);
      if (!guest) this.drop(link);
    }
    for (const member of others) {
      const link = this.peers.get(member.id);
      if (link !== undefined) {
        link.setMember(member);
        continue;
      }
      const added = new PeerLink(member.id, member.address, context);
      this.peers.set(member.id, added);
      added.flush();
    }
    for (const snapshot of this.snapshots) {
      if (!this.members.has(snapshot.to)) snapshot.abort.abort(notMember(snapshot.to));
    }
  }

  send(messages: readonly Message[]): void {
    if (this.closed) return;
    for (const message of messages) {
      const link = this.peers.get(message.to);
      if (link === undefined || !isPeerType(message.msgType)) {
        this.quietLog.warn(`unsent ${message.to} ${message.msgType}`, 'message not sent', {
          to: message.to,
          type: message.msgType,
          reason: link === undefined ? 'no such peer' : 'its type does not travel in batches',
        });
        continue;
      }
      link.push(message);
      if (this.touched.size === 0) setImmediate(() => this.flush());
      this.touched.add(link);
    }
  }

  async sendSnapshot(message: Message, source: SnapshotSource, onSent: (bytes: number) => void): Promise<void> {
    const { to } = message;
    const { context } = this.started();
    const address = this.peers.get(to)?.address;
    if (this.closed) throw stopping();
    if (address === undefined) throw notMember(to);
    const underWay: SnapshotUnderWay = { to, abort: new AbortController() };
    this.snapshots.add(underWay);
    try {
      await streamSnapshot(newClient(address, this.options.credentialsFor(to)), {
        message,
        hello: makeHello(context.identity, to),
        source,
        onSent,
        config: this.config,
        signal: underWay.abort.signal,
      });
    } finally {
      this.snapshots.delete(underWay);
    }
  }

  links(): readonly LinkStatus[] {
    const shown = [...this.peers.values()].filter((link) => this.members.has(link.id) || link.inUse);
    return shown.map((link) => link.status());
  }

  announceIntent(): void {
    for (const link of this.peers.values()) link.announceIntent();
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const { abort } of this.snapshots) abort.abort(stopping());
    this.running?.receiver.close();
    this.flush();
    const over = [...this.peers.values()].map((link) => link.close());
    this.peers.clear();
    this.touched.clear();
    await Promise.all(over);
  }

  /** A peer dialled. */
  onConnect(call: AcceptedCall): void {
    const certificate = shownCertificate(call, this.options.secured);
    const stream = PeerStream.ofAccepted(call, this.config.unsentBytesMax, certificate);
    const { running } = this;
    if (running === undefined || this.closed) {
      stream.abort(status.UNAVAILABLE, 'the node is starting or stopping');
      return;
    }
    const from = call.getPeer();
    receiveStream(stream, running.context, (hello) => {
      this.options.onPeerConnection?.(from);
      return this.linkOf(hello);
    });
  }

  /** A peer sends a snapshot. */
  async onSnapshot(call: IncomingSnapshot): Promise<void> {
    const { running } = this;
    if (running === undefined || this.closed) {
      throw new StatusError(status.UNAVAILABLE, 'the node is starting or stopping');
    }
    await running.receiver.receive(call);
  }

  private started(): Running {
    assert(this.running !== undefined, 'the transport is started first');
    return this.running;
  }

  private flush(): void {
    const links = [...this.touched];
    this.touched.clear();
    for (const link of links) link.flush();
  }

  /** The link of a peer that was admitted; a peer that is no member gets one for as long as its stream lasts. */
  private linkOf({ from }: PeerHello): PeerLink | undefined {
    if (this.closed) return undefined;
    const known = this.peers.get(from);
    if (known !== undefined) return known;
    for (const link of this.peers.values()) if (!this.members.has(link.id) && !link.inUse) this.drop(link);
    const link = new PeerLink(from, undefined, this.started().context);
    this.peers.set(from, link);
    return link;
  }

  private drop(link: PeerLink): void {
    this.peers.delete(link.id);
    this.touched.delete(link);
    void link.close();
  }
}

function notMember(id: number): RaftctlError {
  return new RaftctlError('E_NOT_FOUND', `node ${id} is not a member`);
}

function stopping(): RaftctlError {
  return new RaftctlError('E_STOPPED', 'the node is stopping');
}
