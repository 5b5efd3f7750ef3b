/** Weight of the newest measurement in the smoothed round trip, as in TCP (RFC 6298). */
const newestWeight = 1 / 8;
/** Whole intervals without a frame after which a stream is silent. */
const silentIntervalsMax = 2;

/**
 * The life signs of one stream: when something last came, and how long a ping takes there and back.
 *
 * Silence is counted in intervals, not in milliseconds: after this process itself has stood still, the first thing to run is an
 * overdue timer, and what has arrived meanwhile is still unread.
 */
export class Pulse {
  private nonce = 0;
  private pingedAt: number | undefined;
  private heardInInterval = true;
  private silentIntervals = 0;
  private smoothedRttMs: number | undefined;

  /** Smoothed round trip in milliseconds; undefined before the first. */
  get rttMs(): number | undefined {
    return this.smoothedRttMs;
  }

  /** A frame came. */
  heard(): void {
    this.heardInInterval = true;
  }

  /** An interval is over. True where the other side has gone silent. */
  beat(): boolean {
    this.silentIntervals = this.heardInInterval ? 0 : this.silentIntervals + 1;
    this.heardInInterval = false;
    return this.silentIntervals >= silentIntervalsMax;
  }

  /** Nonce of the ping that is sent now. One is under way at a time; a newer one takes its place. */
  ping(nowMs: number): number {
    this.nonce += 1;
    this.pingedAt = nowMs;
    return this.nonce;
  }

  /** An echo came; one of an older ping, or of none, says nothing. */
  echoed(nonce: number, nowMs: number): void {
    if (nonce !== this.nonce || this.pingedAt === undefined) return;
    const measured = nowMs - this.pingedAt;
    this.pingedAt = undefined;
    const before = this.smoothedRttMs ?? measured;
    this.smoothedRttMs = before + (measured - before) * newestWeight;
  }
}
