import type { ConfState } from '../gen/raft/v1/raft.js';
import type { ConfigurationAt, EntryFacts } from './collected-node.js';

/** Whose voters go on where the last configuration is joint. */
export type JointChoice = 'incoming' | 'outgoing' | 'survivors';

/** A run of entries. */
export interface EntryRange {
  readonly first: number;
  readonly last: number;
}

/** A survivor, as the plan found it and as it is to be. */
export interface PlannedSurvivor {
  readonly id: number;
  readonly name: string;
  readonly address: string;
  readonly last: number;
  readonly lastTerm: number;
  readonly commit: number;
  /** What it is afterwards. */
  readonly role: 'voter' | 'learner';
  /** Whether its log is the one that goes on; all others are rebuilt from it. */
  readonly isBase: boolean;
  /** Entries of its log that the base does not have; null where there are none. Nobody knew them to be committed. */
  readonly dropped: EntryRange | null;
  /** SHA-256 of all that the plan rests on, and of the log alone: `recover apply` holds the directory against them. */
  readonly content: string;
  readonly logDigest: string;
}

/** What is done about a cluster that has lost its quorum for good. */
export interface RecoveryPlan {
  readonly clusterId: string;
  readonly clusterName: string;
  /** RFC 3339; the same in the history of every node that is recovered. */
  readonly createdAt: string;
  readonly by: string;
  readonly reason: string;
  readonly stateMachine: string;
  /** The later one is not the next number: it follows from what the plan does, so that another plan leads to another one. */
  readonly incarnation: { readonly before: number; readonly after: number };
  /** The newest configuration in the base's log. */
  readonly lastConfiguration: ConfigurationAt;
  /** Whether all survivors had it as their newest. */
  readonly agreed: boolean;
  /** Majorities that nothing can be committed without, and how many of each survive. */
  readonly quorums: readonly {
    readonly voters: readonly number[];
    readonly needed: number;
    readonly surviving: number;
  }[];
  readonly survivors: readonly PlannedSurvivor[];
  readonly lost: readonly { readonly id: number; readonly name: string; readonly address: string }[];
  readonly base: number;
  /** Up to here some survivor knew the entries to be committed. */
  readonly commit: number;
  /** Entries of the base that nobody knew to be committed and that will be; null where there are none. */
  readonly willCommit: EntryRange | null;
  /** The newest of them. */
  readonly willCommitEntries: readonly EntryFacts[];
  /** Set where the last configuration was joint: then even committed changes of the members may be undone. */
  readonly fromJoint: JointChoice | null;
  readonly acceptedRisks: readonly string[];
  /** Where the log begins anew: the snapshot's index and term, and its configuration. */
  readonly start: { readonly index: number; readonly term: number; readonly confState: ConfState };
}
