import type { ConfState } from '../gen/raft/v1/raft.js';
import type { ConfigurationAt } from './collected-node.js';

/** A node, and where it listens. */
export interface PlacedNode {
  readonly id: number;
  readonly address: string;
}

/** A member as a snapshot file has it. */
export interface SnapshotMember extends PlacedNode {
  readonly name: string;
}

/** What a snapshot file says, as far as a restore depends on it. */
export interface SnapshotFacts {
  /** Of the file, hex. */
  readonly sha256: string;
  readonly bytes: number;
  readonly index: number;
  readonly term: number;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly clusterId: string;
  /** Empty where the cluster has none. */
  readonly clusterName: string;
  /** Null in files of before it was written down. */
  readonly incarnation: number | null;
  readonly stateMachine: string;
  readonly configuration: ConfigurationAt;
  readonly members: readonly SnapshotMember[];
}

/** A member of the restored cluster. */
export interface RestoredMember extends SnapshotMember {
  readonly role: 'voter' | 'learner';
}

/** What is done to make a cluster anew from a snapshot file, on all of its nodes. */
export interface RestorePlan {
  readonly clusterId: string;
  readonly clusterName: string;
  /** RFC 3339; the same in the history of every node. */
  readonly createdAt: string;
  readonly by: string;
  readonly reason: string;
  readonly stateMachine: string;
  /** The one file that is restored. */
  readonly snapshot: Pick<SnapshotFacts, 'sha256' | 'bytes' | 'index' | 'term' | 'createdAt' | 'incarnation'>;
  readonly incarnation: { readonly before: number; readonly after: number };
  readonly lastConfiguration: ConfigurationAt;
  readonly members: readonly RestoredMember[];
  /** Members of the snapshot that are none afterwards. */
  readonly dropped: readonly SnapshotMember[];
  /** Where the log begins anew. */
  readonly start: { readonly index: number; readonly term: number; readonly confState: ConfState };
}
