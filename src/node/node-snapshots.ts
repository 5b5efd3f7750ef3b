import type { Message } from '../gen/raft/v1/raft.js';
import type { SnapshotInfo } from '../gen/raftctl/v1/cluster.js';
import type { NodeContext } from './node-context.js';
import { Snapshots } from './snapshots.js';

/**
 * The snapshots of a node, with what they need of its core.
 * @param onKnown takes the message of a snapshot that is offered in vain to the core
 * @param onTransferTold told of each transfer that was begun and has ended, and why it failed if it did
 */
export function nodeSnapshots(
  context: NodeContext,
  onKnown: (message: Message) => void,
  onTransferTold: (to: number, snapshot: SnapshotInfo, failure: string | undefined) => void,
): Snapshots {
  const { config, store, transport, clock, logger, metrics } = context.options;
  return new Snapshots({
    ...{ config, store, transport, clock, logger, metrics, onKnown, onTransferTold },
    onTransferEnded: (to, delivered) => {
      context.core.reportSnapshot(to, delivered ? 'finish' : 'failure');
      context.wake();
    },
    requireRoom: (bytes) => context.space.requireRoomFor(bytes),
    lowestActiveMatch: () => lowestActiveMatch(context),
    isInstalling: () => context.core.raft.raftLog.unstable.snapshot !== undefined,
    position: () => ({ term: context.core.raft.term, commit: context.core.raft.raftLog.committed }),
  });
}

/** What reachable peers have at least, so that a compaction does not cut off who is only a moment behind. */
function lowestActiveMatch(context: NodeContext): number | undefined {
  if (!context.isLeader) return undefined;
  const connected = context.connectedIds();
  const matches = [...context.core.raft.tracker.progress].flatMap(([id, progress]) =>
    connected.has(id) && progress.state === 'replicate' ? [progress.matched] : [],
  );
  return matches.length === 0 ? undefined : Math.min(...matches);
}
