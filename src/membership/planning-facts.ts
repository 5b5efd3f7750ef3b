import type { ConfState } from '../gen/raft/v1/raft.js';
import type { Member, NodeAbilities, Tombstone } from '../gen/raftctl/v1/member.js';

/** How the leader sees one other node. */
export interface PeerFacts {
  readonly match: number;
  readonly state: 'probe' | 'replicate' | 'snapshot';
}

/** What a node says of itself, when it connected or in an announcement; undefined: nothing. */
export interface SaidFacts {
  readonly instance?: string | undefined;
  readonly version?: string | undefined;
  /** Cluster that it belongs to; empty: none yet. */
  readonly clusterId?: string | undefined;
  readonly incarnation?: number | undefined;
  readonly diskFreeBytes?: number | undefined;
  /** Features that it understands, names of its certificate; undefined where it was never heard of. */
  readonly abilities?: NodeAbilities | undefined;
  /** Milliseconds by which its wall clock is ahead of the leader's, about. */
  readonly clockOffsetMs?: number | undefined;
  /** It is drained, its elections are paused, or it has just stepped down: it does not campaign. */
  readonly declinesLeadership?: boolean | undefined;
}

/** What a plan starts from, as the leader knows it at one moment. */
export interface PlanningFacts {
  /** The applied configuration and the index of the entry that made it. */
  readonly confState: ConfState;
  readonly configIndex: number;
  readonly members: readonly Member[];
  /** Nodes that said where they are and are not members. */
  readonly announced: readonly Member[];
  /** 0: there is none. */
  readonly leader: number;
  /** Milliseconds that it has led. */
  readonly leaderForMs: number;
  readonly electionTimeoutMs: number;
  /** Who answers, the leader itself among them. */
  readonly live: ReadonlySet<number>;
  /** The leader's view of the other nodes of the configuration. */
  readonly progress: ReadonlyMap<number, PeerFacts>;
  readonly commit: number;
  readonly applied: number;
  /** First index that the leader's log still holds: a new node needs a snapshot where this is above 1. */
  readonly firstIndex: number;
  /** Index of a configuration change in the log that is not applied; 0: none. */
  readonly unappliedConfIndex: number;
  /** Id of a change that runs; empty: none. */
  readonly runningChange: string;
  /** Whom leadership is being handed to; 0: nobody. */
  readonly transferee: number;
  /** Bytes of the snapshot that a new node would be sent; 0: not known. */
  readonly snapshotBytes: number;
  /** Entries that a caught-up node may lag behind, where the request does not say. */
  readonly maxLag: number;
  /** Voters that left, whose ids must not come back with an empty disk. */
  readonly removed: readonly Tombstone[];
  /** What is known of nodes, members or not, from themselves; by id. */
  readonly said: ReadonlyMap<number, SaidFacts>;
  readonly clusterId: string;
  readonly incarnation: number;
  /** Version of the leader's program. */
  readonly version: string;
  /** What the leader understands, and may write where all members do. */
  readonly features: readonly string[];
  /** Why TLS refuses a node with these names that is dialled at this address; left out where nodes speak in plain text. */
  readonly certificateMismatch?: ((address: string, names: readonly string[]) => string | undefined) | undefined;
}

/** Entries that a node is behind the commit index; undefined where the leader does not follow it. The leader itself is not behind. */
export function lagOf(facts: PlanningFacts, id: number): number | undefined {
  if (id === facts.leader) return 0;
  const peer = facts.progress.get(id);
  return peer === undefined ? undefined : Math.max(0, facts.commit - peer.match);
}
