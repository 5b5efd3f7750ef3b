import { type PeerProgress, ProgressState } from '../gen/raftctl/v1/cluster.js';
import type { Raft } from '../raft/raft.js';
import type { ProgressStatus } from '../raft/status.js';
import type { MonotonicClock } from './ports.js';
import type { SnapshotTransfers } from './snapshots.js';

interface Sample {
  match: number;
  atMs: number;
  /** Entries a second, smoothed. */
  rate: number;
  caughtUpAtMs: number | undefined;
}

const sampleEveryMs = 500;
/** Weight of the newest sample. */
const smoothing = 0.4;

const states = {
  probe: ProgressState.PROBE,
  replicate: ProgressState.REPLICATE,
  snapshot: ProgressState.SNAPSHOT,
} as const;

/** How peers come along under this leader: what the core's tracker says, and what only time can tell (rate, last caught up). */
export class PeerProgresses {
  private readonly samples = new Map<number, Sample>();

  constructor(private readonly clock: MonotonicClock) {}

  /** Called on each tick while this node leads. */
  observe(raft: Readonly<Raft>): void {
    const now = this.clock();
    for (const [id, progress] of raft.tracker.progress) {
      const sample = this.samples.get(id);
      if (sample === undefined) {
        this.samples.set(id, { match: progress.matched, atMs: now, rate: 0, caughtUpAtMs: undefined });
      } else {
        if (progress.matched >= raft.raftLog.committed) sample.caughtUpAtMs = now;
        if (now - sample.atMs < sampleEveryMs) continue;
        const rate = Math.max(0, ((progress.matched - sample.match) * 1000) / (now - sample.atMs));
        sample.rate = sample.rate * (1 - smoothing) + rate * smoothing;
        sample.match = progress.matched;
        sample.atMs = now;
      }
    }
  }

  /** Forgets everything: the leadership ended. */
  clear(): void {
    this.samples.clear();
  }

  /**
   * One for each node in the tracker, ascending; none on a node that does not lead.
   * @param firstIndex of the log: who needs what is before it needs a snapshot
   */
  describe(
    progresses: readonly ProgressStatus[],
    inflightMax: number,
    firstIndex: number,
    transfers: SnapshotTransfers,
  ): PeerProgress[] {
    const now = this.clock();
    return progresses.map((progress) => {
      const sample = this.samples.get(progress.id);
      const transfer = transfers.of(progress.id);
      return {
        id: progress.id,
        state: states[progress.state],
        match: progress.matched,
        next: progress.nextIdx,
        inflight: progress.inflight,
        inflightMax,
        paused: progress.paused,
        recentActive: progress.recentActive,
        pendingSnapshot: progress.pendingSnapshot,
        learner: progress.isLearner,
        needsSnapshot: progress.nextIdx < firstIndex,
        rate: sample?.rate ?? 0,
        caughtUpAgoMs:
          sample?.caughtUpAtMs === undefined ? undefined : Math.max(0, Math.round(now - sample.caughtUpAtMs)),
        snapshotBytesSent: transfer?.sent ?? 0,
        snapshotBytesTotal: transfer?.total ?? 0,
      };
    });
  }
}
