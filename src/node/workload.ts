import type { NodeLoad } from '../gen/raftctl/v1/cluster.js';
import type { MonotonicClock } from './ports.js';

/** How old a duration may be that still counts, in milliseconds. */
const WINDOW_MS = 60_000;
/** Durations that are kept of one kind, at most. */
const SAMPLES_MAX = 512;
/** Shortest time over which the share of the processor is taken, in milliseconds. */
const CPU_WINDOW_MS = 1000;

/** The durations of something that happens again and again: the last ones, none older than the window. */
class RecentDurations {
  /** A ring once it is full; `next` is the place of the oldest one then. */
  private readonly samples: { readonly atMs: number; readonly ms: number }[] = [];
  private next = 0;

  add(atMs: number, ms: number): void {
    this.samples[this.next] = { atMs, ms };
    this.next = (this.next + 1) % SAMPLES_MAX;
  }

  /** Of a hundred durations 99 are at most this long; undefined where there was none within the window. */
  p99(nowMs: number): number | undefined {
    const recent = this.samples.filter(({ atMs }) => nowMs - atMs <= WINDOW_MS).map(({ ms }) => ms);
    recent.sort((left, right) => left - right);
    return recent[Math.ceil(recent.length * 0.99) - 1];
  }
}

/** How hard a node has it: how long its disk and its state machine take, and how much of a processor it uses. */
export class Workload {
  private readonly flushes = new RecentDurations();
  private readonly applies = new RecentDurations();
  private cpu: { readonly atMs: number; readonly usedMs: number };
  private cpuShare: number | undefined;

  /** @param cpuMs processor time that the process has used so far; left out where nobody knows */
  constructor(
    private readonly clock: MonotonicClock,
    private readonly cpuMs?: () => number,
  ) {
    this.cpu = { atMs: clock(), usedMs: cpuMs?.() ?? 0 };
  }

  /** A turn's writes were flushed, so long after they were handed over. */
  flushed(ms: number): void {
    this.flushes.add(this.clock(), ms);
  }

  /** A turn's committed entries were applied. */
  applied(ms: number): void {
    this.applies.add(this.clock(), ms);
  }

  /** As of now. The share of the processor is that of the time since it was last taken, a second or more. */
  report(): NodeLoad {
    const now = this.clock();
    const elapsedMs = now - this.cpu.atMs;
    if (this.cpuMs !== undefined && elapsedMs >= CPU_WINDOW_MS) {
      const usedMs = this.cpuMs();
      this.cpuShare = (usedMs - this.cpu.usedMs) / elapsedMs;
      this.cpu = { atMs: now, usedMs };
    }
    return { flushP99Ms: this.flushes.p99(now), applyP99Ms: this.applies.p99(now), cpuShare: this.cpuShare };
  }
}
