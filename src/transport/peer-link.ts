import { status } from '@grpc/grpc-js';
import { assert } from '../base/assert.js';
import { messageOf } from '../base/errors.js';
import { otherInstance } from '../base/instance.js';
import type { Logger } from '../base/logger.js';
import type { QuietLog } from '../base/quiet-log.js';
import type { Random } from '../base/random.js';
import type { Message } from '../gen/raft/v1/raft.js';
import type { Member, NodeAbilities } from '../gen/raftctl/v1/member.js';
import type { PeerHello } from '../gen/raftctl/v1/transport.js';
import type { LinkStatus, MonotonicClock, PeerIdentity, TransportEvents } from '../node/ports.js';
import { admit } from './admission.js';
import { BackOff } from './back-off.js';
import type { Frame } from './frame-codec.js';
import { checkHello, makeHello } from './hello.js';
import { LiveStream } from './live-stream.js';
import { PeerQueue } from './peer-queue.js';
import type { PeerStream } from './peer-stream.js';
import type { TransportConfig } from './transport-config.js';

/** What a link needs of the world. */
export interface LinkContext {
  readonly identity: PeerIdentity;
  readonly events: TransportEvents;
  readonly config: TransportConfig;
  readonly clock: MonotonicClock;
  readonly random: Random;
  readonly logger: Logger;
  readonly quietLog: QuietLog;
  /** Opens a stream to an address, at which this node is expected. */
  dial(address: string, id: number): PeerStream;
}

/** What a peer said of itself when it connected. */
type PeerFacts = Pick<LinkStatus, 'instance' | 'version' | 'clockOffsetMs'>;

/** A stream of the peer's, with the hello that was found good. */
interface AcceptedStream {
  readonly stream: PeerStream;
  readonly hello: PeerHello;
}

type LinkState =
  /** No stream: about to dial, or not allowed to. */
  | { readonly kind: 'idle' }
  /** This node's hello is on its way; messages wait. `held` is a stream of the peer's that is taken if this one fails. */
  | {
      readonly kind: 'dialling';
      readonly stream: PeerStream;
      readonly timer: NodeJS.Timeout;
      readonly held: AcceptedStream | undefined;
    }
  | {
      readonly kind: 'live';
      readonly live: LiveStream;
      readonly peer: PeerFacts;
      /** Index of the configuration that the peer had when it connected. */
      readonly configIndex: number;
    }
  /** The last attempt failed, or the last stream broke; the next attempt follows once there is something to send. */
  | { readonly kind: 'backing-off'; readonly timer: NodeJS.Timeout }
  | { readonly kind: 'closed' };

/** Bytes of a hello, about: a certificate may have many names. */
const helloBytes = 512;

/**
 * The connection to one peer: at most one live stream, whoever dialled it, and the messages that wait for it.
 *
 * Where both nodes dial at once, the stream that the lower id dialled stays. It is settled at the hello, before a message is on either:
 *  1. a dialler sends its hello and then nothing until the other hello is there;
 *  2. the higher id takes the other's stream and gives up its own;
 *  3. the lower id lets the other's hello wait until its own dialling has succeeded, and then refuses it with ABORTED; or until it has
 *     failed, and then takes it: two nodes of which only one can reach the other are connected all the same.
 * So no message is ever on the stream that loses, and all wait in the one queue for the stream that wins.
 */
export class PeerLink {
  private state: LinkState = { kind: 'idle' };
  private readonly queue: PeerQueue;
  private readonly backOff: BackOff;
  /** A message did not fit, and the queue has not been empty since. */
  private overflowing = false;
  private lastSeenAt: number | undefined;
  /** As the peer said when it last connected. */
  private abilities: NodeAbilities | undefined;
  /** Why there was no stream the last time; undefined before. */
  private error: string | undefined;

  /** @param address undefined for a node that is no member: it is answered, never dialled */
  constructor(
    readonly id: number,
    private dialAddress: string | undefined,
    private readonly context: LinkContext,
  ) {
    const { config, random } = context;
    this.queue = new PeerQueue(config);
    this.backOff = new BackOff(config.backOffMinMs, config.backOffMaxMs, random);
  }

  /** HOST:PORT at which the peer is dialled; undefined for a node that is no member. */
  get address(): string | undefined {
    return this.dialAddress;
  }

  /** Whether a stream is up or being made. */
  get inUse(): boolean {
    return this.state.kind === 'live' || this.state.kind === 'dialling';
  }

  /** Queues a message; one that does not fit is dropped, which is said once until the queue has been empty. */
  push(message: Message): void {
    const outcome = this.queue.push(message);
    if (outcome === 'queued') return;
    if (outcome === 'too-large') {
      this.context.quietLog.warn(`too-large ${this.id}`, 'message is too large to send', { peer: this.id });
    }
    if (this.overflowing) return;
    this.overflowing = true;
    this.context.quietLog.warn(`full ${this.id}`, 'messages to a peer dropped', { peer: this.id, reason: outcome });
    this.context.events.onUnreachable(this.id);
  }

  /**
   * Sends what waits as far as there is room; dials where there is no stream. A member is dialled although nothing waits for it: a node
   * tells from its links whether a quorum is there, and finds a candidate's stream open when the leader is gone.
   */
  flush(): void {
    if (this.state.kind === 'live') {
      this.state.live.flush(this.queue);
    } else if (this.state.kind === 'idle') {
      if (this.dialAddress === undefined) this.queue.clear();
      else this.dial(this.dialAddress);
    }
    if (this.queue.length === 0) this.overflowing = false;
  }

  /**
   * What is known of the peer as a member now: where it is, and whose data directory it has. One that came with another directory before
   * that was known is cut off; but, as with its hello, not by a node that lags behind it and knows who had the id before.
   */
  setMember({ address, instance }: Member): void {
    const { state, context } = this;
    const isJudge = state.kind === 'live' && context.identity.configIndex >= state.configIndex;
    if (isJudge && instance !== undefined && instance !== state.peer.instance) {
      const reason = otherInstance(this.id, state.peer.instance, instance);
      state.live.abort(reason);
      this.failed(`refused: ${reason}`);
    }
    this.setAddress(address);
  }

  private setAddress(address: string): void {
    if (address === this.dialAddress || this.state.kind === 'closed') return;
    this.dialAddress = address;
    // A stream that the peer dialled leads to it wherever it is.
    if (this.state.kind === 'live' && !this.state.live.stream.dialled) return;
    const wasLive = this.state.kind === 'live';
    this.leaveState('address changed');
    this.backOff.reset();
    this.state = { kind: 'idle' };
    if (wasLive) this.context.events.onUnreachable(this.id);
    this.flush();
  }

  /** A stream of the peer, whose hello was found good: takes it, or refuses it where this node's own is preferred. */
  accept(stream: PeerStream, hello: PeerHello): void {
    const { state } = this;
    const lower = this.context.identity.nodeId < this.id;
    if (state.kind === 'dialling' && lower) {
      state.held?.stream.abort(status.ABORTED, 'replaced by a newer stream');
      this.state = { ...state, held: { stream, hello } };
    } else if (state.kind === 'closed' || (state.kind === 'live' && state.live.stream.dialled && lower)) {
      this.refuse(stream);
    } else {
      this.take({ stream, hello });
    }
  }

  /** Tells the peer whether this node wants to lead, where there is a stream; a new one begins with that. */
  announceIntent(): void {
    if (this.state.kind === 'live') this.state.live.announceIntent();
  }

  status(): LinkStatus {
    const { state } = this;
    const connected = state.kind === 'live';
    return {
      id: this.id,
      address: this.dialAddress ?? '',
      connected,
      lastSeenMs: this.lastSeenAt === undefined ? undefined : this.context.clock() - this.lastSeenAt,
      rttMs: connected ? state.live.rttMs : undefined,
      error: connected ? '' : (this.error ?? (this.inUse ? 'dialled, no answer yet' : 'not dialled yet')),
      ...(connected ? state.peer : {}),
      declinesLeadership: connected ? state.live.declinesLeadership : undefined,
      space: connected ? state.live.space : undefined,
      abilities: this.abilities,
    };
  }

  /** Ends the stream once what was written is sent, and drops the queue. Resolves when the stream is over. */
  async close(): Promise<void> {
    const { state } = this;
    this.queue.clear();
    if (state.kind !== 'live') this.leaveState('stopping');
    this.state = { kind: 'closed' };
    if (state.kind === 'live') await state.live.end();
  }

  private dial(address: string): void {
    const { context } = this;
    let stream: PeerStream;
    try {
      stream = context.dial(address, this.id);
    } catch (thrown) {
      this.failed(messageOf(thrown));
      return;
    }
    const timer = setTimeout(() => stream.fail(status.DEADLINE_EXCEEDED, 'no answer'), context.config.helloTimeoutMs);
    this.state = { kind: 'dialling', stream, timer, held: undefined };
    stream.listen({
      onFrame: (frame) => {
        this.answered(stream, frame).catch((thrown) => stream.fail(status.INTERNAL, messageOf(thrown)));
      },
      onWritable: () => {},
      onClosed: (reason, code, incarnation) => {
        if (incarnation !== undefined && incarnation > context.identity.incarnation) {
          context.events.onSuperseded?.(this.id, incarnation);
        }
        this.dialEnded(stream, reason, code);
      },
    });
    stream.write({ $case: 'hello', value: makeHello(context.identity, this.id) }, helloBytes);
  }

  /** The other side's first frame is there. */
  private async answered(stream: PeerStream, frame: Frame): Promise<void> {
    if (frame.$case !== 'hello') {
      stream.fail(status.INVALID_ARGUMENT, 'the first frame is not a hello');
      return;
    }
    // What comes next waits until this node has made up its mind.
    stream.pause();
    const { identity, events } = this.context;
    const admission = await admit(frame.value, identity, events, { dialled: this.id });
    if (admission.kind === 'refused') {
      stream.fail(admission.code, `refused: ${admission.reason}`);
      return;
    }
    // Meanwhile it may have timed out or been given up for a better one.
    if (this.state.kind !== 'dialling' || this.state.stream !== stream) return;
    clearTimeout(this.state.timer);
    if (this.state.held !== undefined) this.refuse(this.state.held.stream);
    this.goLive(stream, frame.value);
  }

  private dialEnded(stream: PeerStream, reason: string, code: status): void {
    if (this.state.kind !== 'dialling' || this.state.stream !== stream) return;
    const { timer, held } = this.state;
    clearTimeout(timer);
    this.state = { kind: 'idle' };
    // What is known of the members may be another now than when the stream was found good.
    if (held?.stream.isOpen && this.isStillGood(held)) this.take(held);
    // The peer dials this node itself: what waits goes over that stream.
    else if (code === status.ABORTED) this.restFor(reason);
    else this.failed(reason);
  }

  private refuse(stream: PeerStream): void {
    stream.abort(status.ABORTED, `node ${this.context.identity.nodeId} dials node ${this.id} itself`);
  }

  /** Makes the peer's stream the live one, in place of whatever there was, and answers its hello. */
  private take({ stream, hello }: AcceptedStream): void {
    const wasLive = this.state.kind === 'live';
    this.leaveState('replaced by a newer stream');
    if (wasLive) this.context.events.onUnreachable(this.id);
    stream.write({ $case: 'hello', value: makeHello(this.context.identity, this.id) }, helloBytes);
    this.goLive(stream, hello);
  }

  /** Whether a hello that was found good is so still. */
  private isStillGood({ stream: { certificate }, hello }: AcceptedStream): boolean {
    return checkHello(hello, this.context.identity, { certificate }).kind === 'accepted';
  }

  private goLive(stream: PeerStream, hello: PeerHello): void {
    const { context } = this;
    assert(stream.isOpen, 'a stream that goes live is open');
    const live = new LiveStream(stream, this.id, context, {
      onHeard: (nowMs) => {
        this.lastSeenAt = nowMs;
      },
      onRoom: () => this.flush(),
      onBroken: (reason) => {
        if (this.state.kind === 'live' && this.state.live === live) this.failed(reason);
      },
    });
    const { instance, version, wallClockMs, configIndex } = hello;
    this.abilities = hello.abilities ?? { features: [], certificateNames: [] };
    const clockOffsetMs = wallClockMs === undefined ? undefined : wallClockMs - context.identity.wallClockMs;
    this.state = { kind: 'live', live, peer: { instance, version, clockOffsetMs }, configIndex };
    this.lastSeenAt = context.clock();
    this.backOff.reset();
    context.logger.info('peer connected', { peer: this.id, dialled: stream.dialled });
    stream.resume();
    this.flush();
  }

  /** There was a stream, or an attempt at one, and now there is none: what waited is dropped, for Raft sends again what is newer. */
  private failed(reason: string): void {
    const { quietLog, events } = this.context;
    quietLog.warn(`down ${this.id} ${reason}`, 'peer not connected', {
      peer: this.id,
      address: this.dialAddress,
      reason,
    });
    this.queue.clear();
    this.restFor(reason);
    events.onUnreachable(this.id);
  }

  private restFor(reason: string): void {
    this.error = reason;
    const timer = setTimeout(() => {
      this.state = { kind: 'idle' };
      this.flush();
    }, this.backOff.next());
    this.state = { kind: 'backing-off', timer };
  }

  /** Ends what the present state holds. The caller says what comes next. */
  private leaveState(why: string): void {
    const { state } = this;
    if (state.kind === 'dialling' || state.kind === 'backing-off') clearTimeout(state.timer);
    if (state.kind === 'dialling') {
      state.stream.abort(status.ABORTED, why);
      state.held?.stream.abort(status.ABORTED, why);
    }
    if (state.kind === 'live') state.live.abort(why);
    this.error = why;
  }
}
