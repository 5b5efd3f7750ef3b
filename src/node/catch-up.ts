import { RaftctlError } from '../base/errors.js';
import type { CatchUp } from '../gen/raftctl/v1/member.js';
import type { NodeContext } from './node-context.js';
import type { SnapshotTransfers } from './snapshots.js';

/**
 * New voters on their way to the end of the log. However long that takes is fine while something moves: entries acknowledged, or bytes
 * of a snapshot sent. A node that stands still is given up after `catchUpStallMs`; it stays a learner.
 */
export class CatchUpWatch {
  private readonly reached = new Map<number, number>();
  private movedAtMs: number;

  constructor(
    private readonly context: NodeContext,
    private readonly transfers: SnapshotTransfers,
    private readonly ids: readonly number[],
    private readonly maxLag: number,
  ) {
    this.movedAtMs = context.options.clock();
  }

  /**
   * How far all are, and which are not there yet.
   * @throws RaftctlError E_PENDING where those have not moved for too long
   */
  look(): { all: CatchUp[]; behind: CatchUp[] } {
    const { clock, config } = this.context.options;
    const all = this.ids.map((id) => this.stateOf(id));
    const behind = all.filter((peer) => peer.state !== 'replicate' || peer.lag > this.maxLag);
    for (const { id, match } of behind) {
      const reached = match + (this.transfers.of(id)?.sent ?? 0);
      if (reached === this.reached.get(id)) continue;
      this.reached.set(id, reached);
      this.movedAtMs = clock();
    }
    const stillMs = clock() - this.movedAtMs;
    if (behind.length > 0 && stillMs > config.catchUpStallMs) throw this.stalled(behind, stillMs);
    return { all, behind };
  }

  private stateOf(id: number): CatchUp {
    const { raft } = this.context.core;
    const progress = raft.tracker.get(id);
    const match = progress?.matched ?? 0;
    return { id, match, lag: Math.max(0, raft.raftLog.committed - match), state: progress?.state ?? 'unknown' };
  }

  private stalled(behind: readonly CatchUp[], stillMs: number): RaftctlError {
    const links = new Map(this.context.options.transport.links().map((link) => [link.id, link]));
    const ids = behind.map(({ id }) => id);
    const [first = 0] = ids;
    return new RaftctlError(
      'E_PENDING',
      `node ${ids.join(', ')} has made no progress for ${Math.round(stillMs / 1000)}s; it stays a learner and does not vote`,
      {
        changed: 'yes',
        facts: behind.map(({ id, state, lag }) => {
          const link = links.get(id);
          return `n${id}  ${link?.address ?? '?'}  ${link?.connected ? `${state}, ${lag} entries behind` : (link?.error ?? 'not connected')}`;
        }),
        hint: `start it and give the same command again, or take it out: raftctl member remove ${first}`,
      },
    );
  }
}
