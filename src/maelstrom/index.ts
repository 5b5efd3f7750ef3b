/**
 * A second composition root: a node for Maelstrom (https://github.com/jepsen-io/maelstrom), the workbench for distributed systems of
 * Jepsen's authors. Core, loop, LMDB store and hash table are those of `raftctl node start`; in the place of gRPC there are lines of JSON.
 *
 *     stdin ─► LineChannel ─┬─ init ─────────────► MaelstromNode: RaftNode + LmdbStore + KvMachine
 *                           ├─ read, write, cas ─► RequestHandler ─► LinKv        (a change is passed on to the leader)
 *     stdout ◄── answers ───┴─ raft_* ───────────► MaelstromTransport ─► Links, SnapshotParts
 *
 * Between nodes: `raft_hello` (who is there, in which of its lives), `raft_batch` (messages of the core), `raft_snapshot` (a file in parts,
 * each answered), `raft_forward` (a change on its way to the leader).
 *
 * Must never: write anything but messages to stdout; answer with a definite error what may have been done; decide anything about Raft.
 *
 * Read next: lin-kv.ts (what is answered), request-handler.ts (when it is not), links.ts (why nodes say hello), and docs/maelstrom.md.
 */
export { runMaelstrom } from './run-maelstrom.js';
