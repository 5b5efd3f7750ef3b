/**
 * The network between nodes: what the node asks of `Transport`, done with gRPC.
 *
 *   send ─► PeerQueue ─► LiveStream ─► PeerStream ═══ one stream a pair ═══ PeerStream ─► LiveStream ─► onMessages
 *            two lanes,    pings,        one gRPC                             the same on the other side
 *            bounded       batches       call
 *
 *   PeerLink (one a peer): idle → dialling → live → backing-off → idle; a peer's own stream makes any of them live.
 *   sendSnapshot ─► SnapshotCall ═══ one call a file, on a connection of its own ═══ SnapshotReceiver ─► sink of the node
 *
 * Both sides say hello before anything else, and a stranger is refused (`hello.ts`: who, and why). Messages may be lost, and come in
 * another order than they were sent; they are never changed, never from somebody else than they say, and never meant for another node.
 *
 * This room must never: wait with a caller of `send`; buffer without bound; let appends or a snapshot stand before a heartbeat; decide
 * anything about Raft; let an error of one peer touch another.
 *
 * Read next: `peer-link.ts` (the state machine, and how two nodes that dial at once agree), `hello.ts`, `peer-queue.ts`,
 * `transport-config.ts` (limits and times).
 */
export { GrpcTransport, type GrpcTransportOptions } from './grpc-transport.js';
export { defaultTransportConfig, type TransportConfig, transportServerOptions } from './transport-config.js';
