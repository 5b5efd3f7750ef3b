/**
 * The state machines: what a cluster agrees on, as functions from state and command to state and result.
 *
 * ```
 *            committed command                        query
 *                   │                                   │
 *   StateTxn ─► apply(txn, command) ─► result   StateView ─► read(view, query) ─► answer
 *                   │
 *                   └─► what the next command finds: all of it is in the keyspace, none in the machine
 * ```
 *
 * - `kv`: string keys to JSON values, with versions and conditional writes (kv-machine.ts, kv-queries.ts)
 * - `register`: one buffer; read it first when you write a machine of your own (register-machine.ts)
 * - a module of the user's own is loaded, and its shape checked, by the daemon (src/daemon/load-state-machine.ts)
 *
 * A machine must never look at a clock, at chance, at the disk or the network, and never throw for what a command contains: every
 * replica applies the same log and must come to the same bytes. Whatever makes no sense is a result that says so. The node checks
 * what clients propose before it is in the log (src/base/kv-limits.ts); apply checks again, because a log may hold anything.
 *
 * Keys and values of a machine are in a keyspace that the node owns: snapshots, restore and hashes need no code here. Client sessions
 * stand before the machines, in src/node/sessions.ts. Where to read next: `StateMachine` in src/node/ports.ts.
 */
export { KvMachine } from './kv-machine.js';
export { decodeMachineRecord, type MachineRecord } from './machine-records.js';
export { RegisterMachine } from './register-machine.js';
