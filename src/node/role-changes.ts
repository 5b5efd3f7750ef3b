import type { SoftState } from '../raft/raft.js';
import type { HistoryRecording } from './history-recording.js';
import type { NodeContext } from './node-context.js';
import type { PeerProgresses } from './peer-progress.js';
import type { Proposing } from './proposing.js';
import type { Reading } from './reading.js';

/** Tells the parts of a node that are concerned of each change of leader, and of this node's own role. */
export class RoleChanges {
  constructor(
    private readonly context: NodeContext,
    private readonly recording: HistoryRecording,
    private readonly reading: Reading,
    private readonly progresses: PeerProgresses,
    private readonly proposing: Proposing,
  ) {}

  onSoftState(soft: SoftState): void {
    const { softState, options } = this.context;
    this.context.softState = soft;
    this.recording.onSoftState(softState, soft);
    if (softState.leaderId !== soft.leaderId) {
      options.metrics.leaderChanged();
      options.logger.info('leader', { leader: soft.leaderId, term: this.context.core.raft.term });
      this.reading.onLeaderChanged();
    }
    const wasLeader = softState.raftState === 'leader';
    const isLeader = soft.raftState === 'leader';
    if (isLeader && !wasLeader) this.context.leaderSinceMs = options.clock();
    if (wasLeader && !isLeader) {
      this.context.leaderSinceMs = undefined;
      this.progresses.clear();
      this.proposing.onLeadershipLost();
    }
  }
}
