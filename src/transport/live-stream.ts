import { status } from '@grpc/grpc-js';
import { messageOf } from '../base/errors.js';
import type { QuietLog } from '../base/quiet-log.js';
import type { Message } from '../gen/raft/v1/raft.js';
import type { SpaceLevel } from '../gen/raftctl/v1/member.js';
import type { PeerPing } from '../gen/raftctl/v1/transport.js';
import type { MonotonicClock, PeerIdentity, TransportEvents } from '../node/ports.js';
import type { Frame } from './frame-codec.js';
import { whyDropped } from './message-filter.js';
import type { PeerQueue } from './peer-queue.js';
import type { PeerStream } from './peer-stream.js';
import { Pulse } from './pulse.js';
import type { TransportConfig } from './transport-config.js';

/** What a live stream needs of the world. */
export interface LiveStreamContext {
  readonly identity: PeerIdentity;
  readonly events: TransportEvents;
  readonly config: TransportConfig;
  readonly clock: MonotonicClock;
  readonly quietLog: QuietLog;
}

/** What a live stream tells its link. */
export interface LiveStreamOwner {
  /** A frame came. */
  onHeard(nowMs: number): void;
  /** More can be sent. */
  onRoom(): void;
  /** It is over, and the link did not end it. Called once. */
  onBroken(reason: string): void;
}

/** Encoded bytes of a ping frame, about. */
const pingBytes = 32;

/** A stream after both hellos: batches and pings both ways. */
export class LiveStream {
  private readonly pulse = new Pulse();
  private readonly timer: NodeJS.Timeout;
  /** A ping of the peer that could not be echoed for want of room; only the newest counts. */
  private owedEcho: PeerPing | undefined;
  /** A ping is due before its time: the peer is to hear at once what it tells. */
  private owesPing = false;
  private declines: boolean | undefined;
  private peerSpace: SpaceLevel | undefined;

  constructor(
    readonly stream: PeerStream,
    private readonly peer: number,
    private readonly context: LiveStreamContext,
    private readonly owner: LiveStreamOwner,
  ) {
    this.timer = setInterval(() => this.beat(), context.config.pingIntervalMs);
    stream.listen({
      onFrame: (frame) => this.onFrame(frame),
      onWritable: () => owner.onRoom(),
      onClosed: (reason) => this.broken(reason),
    });
    this.ping();
  }

  /** Smoothed round trip in milliseconds; undefined before the first. */
  get rttMs(): number | undefined {
    return this.pulse.rttMs;
  }

  /** Whether the peer has said that it does not want to lead; undefined before its first ping. */
  get declinesLeadership(): boolean | undefined {
    return this.declines;
  }

  /** Whether the disk of the peer has room; undefined before its first ping. */
  get space(): SpaceLevel | undefined {
    return this.peerSpace;
  }

  /** Tells the peer whether this node wants to lead, and has room: now, or as soon as there is room. */
  announceIntent(): void {
    this.owesPing = true;
    this.owner.onRoom();
  }

  /** Sends from the queue as long as there is room. */
  flush(queue: PeerQueue): void {
    if (this.owesPing) this.ping();
    if (this.owedEcho !== undefined && this.stream.canWrite()) {
      const echo = this.owedEcho;
      this.owedEcho = undefined;
      this.writePing(echo);
    }
    while (queue.length > 0 && this.stream.canWrite()) {
      const { messages, bytes } = queue.takeBatch(this.context.config.batchBytesMax);
      this.stream.write({ $case: 'batch', value: { messages } }, bytes);
    }
  }

  /** Ends it once all that was written is sent. Resolves when it is over. */
  end(): Promise<void> {
    clearInterval(this.timer);
    return this.stream.end(this.context.config.closeMs);
  }

  /** Ends it at once. */
  abort(why: string): void {
    clearInterval(this.timer);
    this.stream.abort(status.ABORTED, why);
  }

  private onFrame(frame: Frame): void {
    const now = this.context.clock();
    this.pulse.heard();
    this.owner.onHeard(now);
    switch (frame.$case) {
      case 'batch':
        this.deliver(frame.value.messages);
        break;
      case 'ping':
        if (frame.value.echo) {
          this.pulse.echoed(frame.value.nonce, now);
        } else {
          this.declines = frame.value.declinesLeadership ?? false;
          this.peerSpace = frame.value.space;
          this.owedEcho = { nonce: frame.value.nonce, echo: true };
          this.owner.onRoom();
        }
        break;
      case 'hello':
        this.stream.fail(status.INVALID_ARGUMENT, 'a second hello');
        break;
    }
  }

  private deliver(messages: readonly Message[]): void {
    const { identity, events, quietLog } = this.context;
    const accepted = messages.filter((message) => {
      const reason = whyDropped(message, this.peer, identity.nodeId);
      if (reason === undefined) return true;
      quietLog.warn(`dropped ${this.peer} ${reason}`, 'message of a peer dropped', {
        peer: this.peer,
        reason,
        type: message.msgType,
        from: message.from,
        to: message.to,
      });
      return false;
    });
    if (accepted.length === 0) return;
    try {
      events.onMessages(accepted);
    } catch (thrown) {
      this.stream.fail(status.INTERNAL, `messages were not taken: ${messageOf(thrown)}`);
    }
  }

  private beat(): void {
    if (this.pulse.beat()) {
      this.stream.fail(status.DEADLINE_EXCEEDED, 'no answer');
      return;
    }
    this.ping();
  }

  private ping(): void {
    if (!this.stream.canWrite()) return;
    this.owesPing = false;
    const { declinesLeadership, space } = this.context.identity;
    this.writePing({ nonce: this.pulse.ping(this.context.clock()), echo: false, declinesLeadership, space });
  }

  private writePing(ping: PeerPing): void {
    this.stream.write({ $case: 'ping', value: ping }, pingBytes);
  }

  private broken(reason: string): void {
    clearInterval(this.timer);
    this.owner.onBroken(reason);
  }
}
