/**
 * The disk of a node.
 *
 *     data directory                      what it is                        who looks after it
 *     ├─ LOCK                             one process at a time             directory-lock
 *     ├─ identity.json                    whose directory this is           identity-file
 *     ├─ settings.json                    what is set for this node         settings-file
 *     ├─ data.mdb  (lock.mdb)             one LMDB environment              environment, data-file-check
 *     │    log       index → entry        chained checksums                 entry-log, log-tail, log-record
 *     │    meta      hard state, bounds, applied state, bootstrap           meta-records, stored-state
 *     │    state-a, state-b               the keyspace, and its other half  keyspace-reader, apply-txn, overlay
 *     └─ snapshots/<index>-<term>.snap    complete files                    snapshot-file, snapshot-catalog
 *
 * One turn of the event loop is one transaction, and its promise is the flush (`commit-queue`). What the core and apply read in between
 * comes from memory: the end of the log from `log-tail`, the state from `overlay`. Nothing is deleted within a turn: bounds say what is
 * in the log, the applied state says which keyspace is live, and the `sweeper` removes the rest behind them. So cutting off the end of
 * the log, or putting a received snapshot in its place, is a few small records in one transaction: a crash leaves the old or the new.
 *
 * Every record carries a checksum that is verified each time it is read. What is damaged is named and thrown, never served.
 *
 * This room must never: start a synchronous transaction once the store is open; go on writing behind a write that failed; keep anything
 * in LMDB's unnamed root; wait for the disk in anything but a promise.
 *
 * Where to read next: `open-store.ts` for the order of a start, `lmdb-store.ts` for a turn, `entry-log.ts` for the log. Files without
 * `environment.js` among their imports know nothing of LMDB.
 */
export { LmdbStore } from './lmdb-store.js';
export { openStore, type StoreOptions } from './open-store.js';
