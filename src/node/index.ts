/**
 * The node: carries the core between its doors. Time, disk, network and state machine come in through the ports; the core turns
 * each input into a `Ready`; the driver sees to everything the Ready asks for.
 *
 * ```
 *   control ──► propose · query · changeMembers · transferLeader · …            (node-api.ts)
 *                  │
 *               inbox ──► core ──► Ready ──┬─► transport      at once, or when flushed      (driver.ts)
 *   messages, ticks ─┘                     ├─► store          one transaction a turn
 *                                          └─► state machine  within that transaction       (applier.ts)
 * ```
 *
 * A node must never: wait for its disk before it takes the next input; promise to a peer what is not flushed; find an answer by order;
 * know LMDB or gRPC. Whoever embeds it gives it the ports of ports.ts: `new RaftNode(options)`, `start()`, and at the end `stop()`.
 *
 * Read next: ports.ts (the doors), driver.ts (a turn), raft-node.ts (how the parts hang together), membership-changes.ts (and changes/).
 */

export type {
  CallOptions,
  DescribedEntry,
  NodeApi,
  Proposal,
  ProposalResult,
  QueryResult,
  TransferResult,
} from './node-api.js';
export { defaultNodeConfig, type NodeConfig } from './node-config.js';
export type { CredentialsStatus, NodeOptions } from './node-options.js';
export type {
  AppliedCommand,
  AppliedMark,
  LinkStatus,
  LogStore,
  Metrics,
  MonotonicClock,
  NodeIdentity,
  NodeSettings,
  PeerIdentity,
  SnapshotSink,
  SnapshotSource,
  SnapshotStore,
  StateMachine,
  StateRange,
  StateRecord,
  StateTxn,
  StateView,
  Ticker,
  Transport,
  TransportEvents,
  TurnWrites,
} from './ports.js';
export { RaftNode } from './raft-node.js';
