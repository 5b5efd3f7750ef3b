import type { RaftctlError } from '../base/errors.js';
import type { ConfState, Entry, HardState, Message, SnapshotMetadata } from '../gen/raft/v1/raft.js';
import type { BootstrapSpec, SnapshotInfo, StorageStatus } from '../gen/raftctl/v1/cluster.js';
import type { Member, NodeAbilities, SpaceLevel } from '../gen/raftctl/v1/member.js';
import type { Storage } from '../raft/storage.js';

/**
 * The doors of the node. Time, disk, network and the state machine come in through these; whoever implements them knows nothing of
 * each other. `src/daemon` puts the real ones in, the simulator its own.
 *
 * Who owns a buffer: a `Uint8Array` that is handed through a port belongs to the receiver from then on; nobody writes into it again.
 */

/** Where ticks come from. */
export interface Ticker {
  /**
   * Calls `onTick` once a tick until `stop`. A tick may come late by any time; what follows on a late one may come early, by two ticks at
   * most: leases rely on that.
   */
  start(onTick: () => void): void;
  stop(): void;
}

/** Milliseconds that never go back, for ages and deadlines; never for Raft's own time. */
export type MonotonicClock = () => number;

// --- state --------------------------------------------------------------------------------------------------------------------

/** One record of a keyspace. */
export interface StateRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Which records: keys in [start, end), ascending by bytes, or descending from the end. */
export interface StateRange {
  readonly start: Uint8Array;
  /** Exclusive; left out, to the end of the keyspace. */
  readonly end?: Uint8Array;
  readonly limit?: number;
  readonly reverse?: boolean;
}

/** Read access to a keyspace. Keys are 1 to 1900 bytes. */
export interface StateView {
  get(key: Uint8Array): Uint8Array | undefined;
  range(range: StateRange): Iterable<StateRecord>;
}

/** Read and write access within the apply of one entry; reads see what was written before, flushed or not. */
export interface StateTxn extends StateView {
  put(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
}

/** A committed command, as the state machine sees it. */
export interface AppliedCommand {
  readonly index: number;
  readonly term: number;
  /** Bytes in the machine's own form, or raw: whatever somebody proposed. */
  readonly kind: 'machine' | 'raw';
  readonly payload: Uint8Array;
}

/**
 * What the cluster agrees on. Deterministic: no clock, no chance, no I/O; all that it keeps is in the keyspace it is given.
 * Because the node owns the keyspace, snapshots, restore and hashes need no code here.
 */
export interface StateMachine {
  /** Same on all nodes of a cluster; a node with another one is refused. */
  readonly name: string;
  /**
   * Applies one command and returns its result. Throwing stops this node: every replica must do the same. A command that merely is
   * not applicable, or makes no sense, is a result.
   */
  apply(txn: StateTxn, command: AppliedCommand): Uint8Array;
  /** Answers a query from applied state. Throws `RaftctlError` E_USAGE for a query it does not understand. */
  read(view: StateView, query: Uint8Array): Uint8Array;
  /** A command in a few words, for `log list`. */
  describe(kind: 'machine' | 'raw', payload: Uint8Array): string;
}

// --- storage ------------------------------------------------------------------------------------------------------------------

/** Who this data directory belongs to; kept beside the database and flushed with its folder. */
export interface NodeIdentity {
  readonly nodeId: number;
  /** Empty until the node is bootstrapped or joins. */
  readonly clusterId: string;
  readonly incarnation: number;
  readonly stateMachine: string;
  /** Random id of the data directory, 32 hex digits: a node that has lost its disk comes with another one. */
  readonly instance: string;
  /**
   * Incarnation to which the cluster was recovered without this node; absent where it was not, as far as this node has heard. Such a node
   * takes part in nothing any more.
   */
  readonly supersededBy?: number | undefined;
}

/** What an operator has set for this one node; kept in its data directory, beside the database. */
export interface NodeSettings {
  /** It is about to be taken out of service. */
  readonly drained: boolean;
  readonly electionsPaused: boolean;
}

/** Where apply stands; written in one transaction with the state that it describes. */
export interface AppliedMark {
  readonly index: number;
  readonly term: number;
  readonly confState: ConfState;
  /** Index of the last configuration change. */
  readonly configIndex: number;
}

/** What one turn of the node's loop wants on disk, all of it in one transaction. */
export interface TurnWrites {
  readonly hardState?: HardState | undefined;
  /** A staged snapshot that replaces the log and the state machine's keyspace. Comes before `entries`. */
  readonly snapshot?: SnapshotMetadata | undefined;
  /** Contiguous; whatever the log holds from the first one's index on is cut off before. */
  readonly entries: readonly Entry[];
  /** Where apply stands after this turn, with the writes of `beginApply()`'s transaction since the last turn. */
  readonly applied?: AppliedMark | undefined;
}

/** A snapshot file being received. */
export interface SnapshotSink {
  /** Next bytes of the file. */
  write(chunk: Uint8Array): Promise<void>;
  /** All bytes are there: verifies the file and loads it beside the live data. After this a turn may install it. */
  finish(): Promise<void>;
  /** Gives up and removes what was written. */
  abort(): Promise<void>;
}

/** A snapshot file being read, for one peer or one client. */
export interface SnapshotSource {
  readonly info: SnapshotInfo;
  /** The file, in chunks of at most 256 KiB. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** Snapshot files of this node. */
export interface SnapshotStore {
  /** Complete ones, newest first. */
  list(): readonly SnapshotInfo[];
  /** What one that was to be taken has found to be damaged: a node that has nothing to give to peers that lag behind cannot go on. */
  readonly damage: RaftctlError | undefined;
  /** Writes the flushed state to a file; two at once are one. Resolves when it is flushed and verified. */
  create(): Promise<SnapshotInfo>;
  /** Has `check` asked before each one that is taken, whoever needs it: what it throws is why none is. Until then nothing is asked. */
  guard(check: () => void): void;
  /** The newest of at least `index`. */
  open(index: number): SnapshotSource | undefined;
  /** Room for a snapshot that a peer sends; one at a time, a newer one aborts the one before. */
  receive(metadata: SnapshotMetadata): Promise<SnapshotSink>;
}

/** The state as it was at one moment, whatever is applied since. The disk cannot reuse the room of what is held: it is let go of soon. */
export interface HeldState {
  /** The node's whole keyspace. @throws RaftctlError E_STOPPED once it is released, or the store closed */
  readonly view: StateView;
  release(): void;
}

/**
 * The disk of a node: its log, hard state, applied state and snapshots. What `write` is given is visible to the reads of `Storage`
 * at once and durable when its promise resolves. A rejected write means that the disk cannot be trusted any more: the node stops.
 */
export interface LogStore extends Storage {
  readonly identity: NodeIdentity;
  readonly snapshots: SnapshotStore;
  readonly settings: NodeSettings;
  /** Flushed when it resolves; `settings` shows them from then on. One at a time. */
  saveSettings(settings: NodeSettings): Promise<void>;
  /** What the cluster was bootstrapped with; undefined before. */
  readonly bootstrapSpec: BootstrapSpec | undefined;
  /** Where apply stands, including turns that are not flushed yet. Index 0 on a node without a cluster. */
  readonly applied: AppliedMark;
  /** Index up to which state is flushed: what `view()` shows at least. */
  readonly flushedApplied: number;
  /**
   * Writes identity, bootstrap specification, first configuration (as a compacted log of index 1, term 1) and members, all flushed. Changes
   * nothing where the node was bootstrapped as one of this cluster before; that it was with just this is for the caller to see.
   */
  bootstrap(spec: BootstrapSpec, state: readonly StateRecord[]): Promise<void>;
  /** A fresh node becomes one of this cluster, in the incarnation that it is in, by default the first; flushed when it resolves. */
  adopt(clusterId: string, stateMachine: string, incarnation?: number): Promise<void>;
  /** The cluster was recovered without this node: remembered over restarts, flushed when it resolves. Left out: not remembered. */
  supersede?(incarnation: number): Promise<void>;
  /** Queues a turn's writes. Called within one turn of the event loop with its `beginApply` writes. */
  write(turn: TurnWrites): Promise<void>;
  /** The keyspace for apply: reads see the writes of this turn and of those not flushed. Writes go out with the next `write`. */
  beginApply(): StateTxn;
  /** The keyspace as of the last flush. */
  view(): StateView;
  /** The keyspace as apply has left it so far, flushed or not. */
  hold(): HeldState;
  /** Compacts the log up to and including `index`, which must be applied; space is given back in bounded pieces, in the background. */
  compact(index: number): Promise<void>;
  /** Bytes of the entries in the log, about. */
  readonly logBytes: number;
  status(): StorageStatus;
  /**
   * Bytes that are free for what the node writes, as of the last look and without what was written since; undefined where nobody knows. Asking
   * has the next look taken, in the background.
   */
  freeBytes(): number | undefined;
  /** Flushes what is queued and closes. */
  close(): Promise<void>;
}

// --- transport ----------------------------------------------------------------------------------------------------------------

/** How the connection to a peer stands. */
export interface LinkStatus {
  readonly id: number;
  readonly address: string;
  readonly connected: boolean;
  /** Milliseconds since a frame last came from it; undefined where none ever did. */
  readonly lastSeenMs: number | undefined;
  readonly rttMs: number | undefined;
  /** Why it is not connected; empty otherwise. */
  readonly error: string;
  /** Data directory and version of the peer, as it said when it connected; undefined where it is not connected, or did not say. */
  readonly instance?: string | undefined;
  readonly version?: string | undefined;
  /** What it understands, and the names of its certificate, as it last said, connected or not; undefined where it never was. */
  readonly abilities?: NodeAbilities | undefined;
  /** By how many milliseconds its wall clock was ahead of this node's when it connected, give or take the way of its hello. */
  readonly clockOffsetMs?: number | undefined;
  /** Whether it has said that it does not want to lead; undefined where it has said nothing. */
  readonly declinesLeadership?: boolean | undefined;
  /** Whether its disk has room, as it last said; undefined where it has said nothing. */
  readonly space?: SpaceLevel | undefined;
}

/** What a transport tells the node. */
export interface TransportEvents {
  /** Messages from a peer whose hello was accepted, in the order it sent them. */
  onMessages(messages: readonly Message[]): void;
  /** What was sent to this peer may not have arrived. */
  onUnreachable(id: number): void;
  /**
   * A peer sends a snapshot; the sink takes its file. `finish` of the sink is followed by `onSnapshotReceived`.
   * Rejects where it is not wanted.
   */
  onSnapshotOffered(message: Message): Promise<SnapshotSink>;
  /** The file is staged: the message may be stepped. */
  onSnapshotReceived(message: Message): void;
  /** A stranger that was not refused outright asks a fresh node to belong to its cluster. Rejects to refuse it. */
  onAdopt(clusterId: string, stateMachine: string, incarnation: number): Promise<void>;
  /** A member says that the cluster is of a later incarnation than this node. */
  onSuperseded?(by: number, incarnation: number): void;
}

/** Who a node is to its peers, as of now. */
export interface PeerIdentity {
  readonly nodeId: number;
  /** Empty on a fresh node. */
  readonly clusterId: string;
  readonly incarnation: number;
  readonly address: string;
  readonly version: string;
  readonly stateMachine: string;
  /** Random id of this node's data directory. */
  readonly instance: string;
  /** Data directory of `id` as the members have it; undefined where it is no member, or that is not known yet. */
  instanceOf(id: number): string | undefined;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly wallClockMs: number;
  readonly abilities: NodeAbilities;
  /** Whether this node's configuration has `id` as a voter. */
  isVoter(id: number): boolean;
  /** Index of the last applied change of the configuration; 0 on a fresh node. */
  readonly configIndex: number;
  /**
   * Whether `id`, which has applied the configuration of `configIndex`, may speak to this node: a member, or somebody whose configuration
   * is not older. Who is no member of a newer one was removed.
   */
  isKnown(id: number, configIndex: number): boolean;
  /** Whether this node does not want to lead for now; peers are told now and then, and at once by `Transport.announceIntent`. */
  readonly declinesLeadership: boolean;
  /** Whether this node's disk has room; told in the same way. */
  readonly space: SpaceLevel;
}

/** The network between nodes. Sending never blocks and may lose: Raft sends again. */
export interface Transport {
  /** Starts taking and making connections for this node. */
  start(identity: PeerIdentity, events: TransportEvents): void;
  /** Whom to talk to, and where; connections to others end. Called again at each change of the members. */
  setPeers(members: readonly Member[]): void;
  /** Queues messages, each to its `to`; drops what does not fit (and says so by `onUnreachable`). */
  send(messages: readonly Message[]): void;
  /** Streams a snapshot file to `message.to`. Resolves when the peer has verified and staged it. */
  sendSnapshot(message: Message, source: SnapshotSource, onSent: (bytes: number) => void): Promise<void>;
  links(): readonly LinkStatus[];
  /** Tells the peers at once whether this node wants to lead, and has room: that has changed. */
  announceIntent(): void;
  close(): Promise<void>;
}

// --- measuring ----------------------------------------------------------------------------------------------------------------

/** What the node counts. The daemon gives these to Prometheus; elsewhere they go nowhere. */
export interface Metrics {
  /** A proposal was taken and is applied; milliseconds from door to answer. */
  proposalApplied(elapsedMs: number): void;
  /** A call was refused with this error code. */
  refused(code: string): void;
  /** A turn's writes are flushed. */
  flushed(elapsedMs: number, entries: number, bytes: number): void;
  entriesApplied(count: number): void;
  messagesReceived(count: number): void;
  messagesSent(count: number): void;
  leaderChanged(): void;
  snapshotCreated(elapsedMs: number, bytes: number): void;
  snapshotSent(bytes: number): void;
  snapshotInstalled(): void;
}
