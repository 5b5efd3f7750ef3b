/**
 * The composition root: the one place that knows what a node is really made of.
 *
 *     options ─► checkOptions ─► readTlsFiles, loadStateMachine
 *                                     │
 *                  openStore (lock) ──┤          stop, in the other order:
 *                  Listener (port) ───┤          refuse calls, hand over, end streams,
 *                  RaftNode.start ────┤          close the port, and the store last
 *                  "listening on" ────┘
 *
 *     Listener ─► grpc.Server ─► Admission ─┬─ transport service (peers)
 *     (limits, TLS)     ▲        (refusals) └─ control services, health, reflection (clients)
 *                  ReadPacer: what callers may have of the event loop (docs/overload.md)
 *
 * What comes from outside the process lives here and nowhere else: files, flags, signals, clocks, chance, ports and the log.
 *
 * Must never: decide anything about Raft, the cluster or a command; import the client or the command line.
 *
 * Read next: daemon.ts (order of start and stop), daemon-options.ts (what is refused before anything is opened), listener.ts, read-pacer.ts.
 */
export { type Daemon, startDaemon } from './daemon.js';
export { type DaemonOptions, type LogLevel, logLevels, type TlsFiles } from './daemon-options.js';
export { runDaemon } from './run-daemon.js';
