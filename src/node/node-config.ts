/** Settings of a node. Every limit has a name and a unit; past it the node refuses with a typed error that names it. */
export interface NodeConfig {
  /** Milliseconds of a tick. */
  readonly tickMs: number;
  /** Ticks without a leader before a node campaigns; the time-out is drawn from one to two times this. */
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  /** Entries applied since the last snapshot that make the node take the next one. */
  readonly snapshotEntries: number;
  /** Bytes of log since the last snapshot that make the node take the next one. */
  readonly snapshotLogBytes: number;
  /** Entries kept in the log behind an automatic snapshot, for followers that lag. */
  readonly keepEntries: number;
  /** Proposals that wait for the loop, and as many messages of peers. */
  readonly inboxItemsMax: number;
  /** Bytes of either. */
  readonly inboxBytesMax: number;
  /** Proposals and reads that are taken and not answered yet. */
  readonly callsMax: number;
  /** Encoded bytes of one proposal. */
  readonly proposalBytesMax: number;
  /** Encoded bytes of the entries of one append message. */
  readonly messageBytesMax: number;
  readonly inflightMessagesMax: number;
  readonly inflightBytesMax: number;
  /** Bytes of proposals that are not committed yet. */
  readonly uncommittedBytesMax: number;
  /** Bytes of committed entries that one turn applies; small ones cost most, and messages and ticks wait meanwhile. */
  readonly applyBytesPerTurnMax: number;
  /** Writes under way to the disk; past it proposals gather at the door, and batches grow with the load by themselves. */
  readonly writesInFlightMax: number;
  /** Entries that a member may lag behind and still count as caught up. */
  readonly maxLagEntries: number;
  /** Free bytes of the disk below which this node takes no proposals, and does not want to lead. */
  readonly spaceReserveBytes: number;
  /** Free bytes of the disk below which it acknowledges no more entries: less than `spaceReserveBytes`. */
  readonly appendReserveBytes: number;
  /** How long a change of the members waits for a new voter that makes no progress, in milliseconds. */
  readonly catchUpStallMs: number;
}

/** Settings that suit a cluster in one data centre. */
export const defaultNodeConfig: NodeConfig = {
  tickMs: 100,
  electionTicks: 10,
  heartbeatTicks: 1,
  snapshotEntries: 100_000,
  snapshotLogBytes: 256 * 1024 * 1024,
  keepEntries: 10_000,
  inboxItemsMax: 16_384,
  inboxBytesMax: 64 * 1024 * 1024,
  callsMax: 65_536,
  proposalBytesMax: 1024 * 1024,
  messageBytesMax: 256 * 1024,
  inflightMessagesMax: 256,
  inflightBytesMax: 32 * 1024 * 1024,
  uncommittedBytesMax: 64 * 1024 * 1024,
  applyBytesPerTurnMax: 512 * 1024,
  writesInFlightMax: 2,
  maxLagEntries: 1000,
  spaceReserveBytes: 256 * 1024 * 1024,
  appendReserveBytes: 64 * 1024 * 1024,
  catchUpStallMs: 30_000,
};
