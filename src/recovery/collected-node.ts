import type { ConfState } from '../gen/raft/v1/raft.js';

/** A configuration, and the index of the entry from which on it counts. */
export interface ConfigurationAt {
  readonly index: number;
  readonly confState: ConfState;
}

/** Entries [first, last] of the log are of one term. */
export interface TermRange {
  readonly term: number;
  readonly first: number;
  readonly last: number;
}

/** An entry, by everything but its content. */
export interface EntryFacts {
  readonly index: number;
  readonly term: number;
  /** What it carries: a `command`, a `configuration`, or `nothing`. */
  readonly type: 'command' | 'configuration' | 'nothing';
  /** Bytes of its data. */
  readonly size: number;
}

/** What a log holds. Invariant: `ranges` are contiguous, ascending, and go from `truncatedIndex + 1` to `last`. */
export interface LogFacts {
  /** Index and term of the last entry that was compacted away; these, and what is before, were applied. */
  readonly truncatedIndex: number;
  readonly truncatedTerm: number;
  readonly last: number;
  readonly lastTerm: number;
  readonly ranges: readonly TermRange[];
}

/** A survivor: what was found in the data directory of a node that does not run. */
export interface CollectedNode {
  readonly clusterId: string;
  /** Empty where the cluster has none. */
  readonly clusterName: string;
  readonly incarnation: number;
  /** Incarnation to which the cluster was recovered without this node; absent where it has heard of none. */
  readonly supersededBy?: number | undefined;
  readonly nodeId: number;
  /** Random id of the data directory. */
  readonly instance: string;
  readonly stateMachine: string;
  readonly dataDir: string;
  /** RFC 3339, for people. */
  readonly collectedAt: string;
  readonly hardState: { readonly term: number; readonly vote: number; readonly commit: number };
  readonly applied: { readonly index: number; readonly term: number };
  readonly log: LogFacts;
  /** The applied configuration, then each that an entry behind it makes; the last is the newest in the log. */
  readonly configurations: readonly ConfigurationAt[];
  /** Members of the applied configuration, for names and addresses. */
  readonly members: readonly { readonly id: number; readonly name: string; readonly address: string }[];
  /** Entries that this node did not know to be committed, the newest of them. */
  readonly tail: readonly EntryFacts[];
  readonly snapshots: readonly { readonly index: number; readonly term: number; readonly bytes: number }[];
  /** SHA-256 of the log, and of the applied state. */
  readonly logDigest: string;
  readonly stateDigest: string;
}
