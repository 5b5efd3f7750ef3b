import { type ClientDuplexStream, Metadata, type ServerDuplexStream, status } from '@grpc/grpc-js';
import { deferred } from '../base/deferred.js';
import type { Decoded, Frame } from './frame-codec.js';
import { describeStatus } from './link-error.js';
import type { ShownCertificate } from './shown-certificate.js';

/** A stream that this node dialled. */
export type DialledCall = ClientDuplexStream<Frame, Decoded<Frame>>;
/** A stream that a peer dialled. */
export type AcceptedCall = ServerDuplexStream<Decoded<Frame>, Frame>;

/** What a stream tells whoever holds it. */
export interface StreamListener {
  onFrame(frame: Frame): void;
  /** There is room again after `canWrite` was false. */
  onWritable(): void;
  /**
   * It is over, and not by this side. Called once at most, and never after `end` or `abort`.
   * @param incarnation of the side that refused this one, where it says so
   */
  onClosed(reason: string, code: status, incarnation?: number): void;
}

type Ending = (code: status, details: string, incarnation?: number) => void;

/** Key of the trailing metadata by which a node tells whom it refuses which incarnation of the cluster it is of. */
const incarnationKey = 'raftctl-incarnation';

/**
 * One gRPC stream between two nodes, the same for both sides. Holds the caller to what fits: gRPC itself would buffer without end.
 * A frame that cannot be decoded ends the stream with INVALID_ARGUMENT.
 */
export class PeerStream {
  private listener: StreamListener | undefined;
  private open = true;
  /** `write` said false and `drain` has not come. */
  private full = false;
  private unsentBytes = 0;
  /** Somebody was told that there is no room. */
  private awaited = false;
  /** Resolves when nothing more happens on the stream, whoever ended it. */
  private readonly over = deferred<void>();

  private constructor(
    private readonly call: DialledCall | AcceptedCall,
    /** Whether this node dialled it. */
    readonly dialled: boolean,
    private readonly unsentBytesMax: number,
    private readonly breakOff: Ending,
    /** What the peer has shown where it dialled; undefined where it has not to, or its server has, to the one who dialled it. */
    readonly certificate?: ShownCertificate,
  ) {
    call.on('data', (frame: Decoded<Frame>) => this.onData(frame));
    call.on('drain', () => {
      this.full = false;
      this.wake();
    });
  }

  /** Wraps a call that this node made. `release` is called when it is over. */
  static ofDialled(call: DialledCall, unsentBytesMax: number, release: () => void): PeerStream {
    const stream = new PeerStream(call, true, unsentBytesMax, () => call.cancel());
    // The status says all that the error says, and comes without one too.
    call.on('error', () => {});
    call.on('status', ({ code, details, metadata }) => {
      stream.closed(code, details, incarnationIn(metadata));
      release();
    });
    return stream;
  }

  /** Wraps a call that a peer made. */
  static ofAccepted(call: AcceptedCall, unsentBytesMax: number, certificate?: ShownCertificate): PeerStream {
    // gRPC ends a server's call with the status of the error that is emitted on it.
    const breakOff: Ending = (code, details, incarnation) => {
      const metadata = new Metadata();
      if (incarnation !== undefined) metadata.set(incarnationKey, String(incarnation));
      call.emit('error', Object.assign(new Error(details), { code, details, metadata }));
    };
    const stream = new PeerStream(call, false, unsentBytesMax, breakOff, certificate);
    call.on('error', () => {});
    call.on('end', () => {
      stream.closed(status.OK, '');
      call.end();
    });
    call.on('close', () => stream.closed(status.CANCELLED, ''));
    call.on('close', () => stream.over.resolve());
    return stream;
  }

  /** False once it is over, or ended by this side. */
  get isOpen(): boolean {
    return this.open;
  }

  /** Says who is told from now on. */
  listen(listener: StreamListener): void {
    this.listener = listener;
  }

  /** Whether another frame may be written now; where not, `onWritable` follows. */
  canWrite(): boolean {
    const room = this.open && !this.full && this.unsentBytes < this.unsentBytesMax;
    if (!room) this.awaited = true;
    return room;
  }

  /** @param bytes encoded size of the frame, about */
  write(frame: Frame, bytes: number): void {
    if (!this.open) return;
    this.unsentBytes += bytes;
    const room = this.call.write(frame, () => {
      this.unsentBytes -= bytes;
      this.wake();
    });
    if (!room) this.full = true;
  }

  /** Stops reading: no `onFrame` until `resume`. */
  pause(): void {
    this.call.pause();
  }

  resume(): void {
    this.call.resume();
  }

  /** Ends it once all that was written is sent, at the latest after `graceMs`. Resolves when it is over. */
  async end(graceMs: number): Promise<void> {
    if (!this.open) return;
    this.open = false;
    this.call.end();
    const patience = deferred<void>();
    const timer = setTimeout(() => {
      this.breakOff(status.ABORTED, 'ended');
      patience.resolve();
    }, graceMs);
    await Promise.race([this.over.promise, patience.promise]);
    clearTimeout(timer);
  }

  /**
   * Ends it at once; the other side is told why where it dialled.
   * @param incarnation of this node, where that is why
   */
  abort(code: status, details: string, incarnation?: number): void {
    if (!this.open) return;
    this.open = false;
    this.breakOff(code, details, incarnation);
  }

  private onData(frame: Decoded<Frame>): void {
    if (!this.open) return;
    if (frame.ok) {
      this.listener?.onFrame(frame.value);
      return;
    }
    this.fail(status.INVALID_ARGUMENT, `a frame cannot be read: ${frame.reason}`);
  }

  /** Ends it for what the other side did, and says so to both sides. */
  fail(code: status, details: string): void {
    if (!this.open) return;
    this.abort(code, details);
    this.listener?.onClosed(details, code);
  }

  private closed(code: status, details: string, incarnation?: number): void {
    if (this.dialled) this.over.resolve();
    if (!this.open) return;
    this.open = false;
    this.listener?.onClosed(describeStatus(code, details).text, code, incarnation);
  }

  private wake(): void {
    if (!this.awaited || !this.open || this.full || this.unsentBytes >= this.unsentBytesMax) return;
    this.awaited = false;
    this.listener?.onWritable();
  }
}

function incarnationIn(metadata: Metadata): number | undefined {
  const [text] = metadata.get(incarnationKey);
  const incarnation = Number(text);
  return text !== undefined && Number.isSafeInteger(incarnation) ? incarnation : undefined;
}
