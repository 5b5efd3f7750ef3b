/** Bytes of recent entries kept in memory beyond those that are not flushed yet. */
export const LOG_TAIL_BYTES_MAX = 16 * 1024 * 1024;

/** Keys that one transaction of the sweeper removes, so that no turn waits long behind it. */
export const SWEEP_KEYS_PER_TURN = 1000;

/** At start, the end of the log is read and verified: as many entries as this, and no more bytes than that. */
export const VERIFIED_ENTRIES_MAX = 10_000;
export const VERIFIED_BYTES_MAX = 64 * 1024 * 1024;

/** Encoded bytes of the records in one frame of a snapshot file; a larger record has a frame of its own. */
export const SNAPSHOT_CHUNK_BYTES = 256 * 1024;

/** A frame that claims to be longer is damage. */
export const SNAPSHOT_FRAME_BYTES_MAX = 64 * 1024 * 1024;

/** Snapshot files kept; older ones are removed when a newer one is complete. */
export const SNAPSHOTS_KEPT = 2;

/** Bytes of a key in the keyspace: what LMDB takes at a page size of 4096, with room for a successor's extra byte. */
export const STATE_KEY_BYTES_MAX = 1900;
