import type { ConfState, Entry, HardState, Snapshot } from '../gen/raft/v1/raft.js';

/** What a node starts from. A `confState` without voters and learners means a node that belongs to no group yet. */
export interface RaftState {
  readonly hardState: HardState;
  readonly confState: ConfState;
}

/**
 * Why the core asks for entries, and whether it can wait for them. Storage that fetches in the background keeps it, throws
 * `LogTemporarilyUnavailableError`, and hands it to `RawNode.onEntriesFetched` once the entries are there (raft-rs `GetEntriesContext`).
 */
export type GetEntriesContext =
  | { readonly kind: 'send-append'; readonly to: number; readonly term: number; readonly aggressively: boolean }
  | { readonly kind: 'empty'; readonly canAsync: boolean }
  | { readonly kind: 'gen-ready' }
  | { readonly kind: 'transfer-leader' }
  | { readonly kind: 'commit-by-vote' };

/** Whether storage may answer a request of this kind later. */
export function canAsync(context: GetEntriesContext): boolean {
  return context.kind === 'send-append' || (context.kind === 'empty' && context.canAsync);
}

/**
 * The log as the core sees it: stable entries, hard state and configuration, read synchronously. The core never writes; the
 * application does, with what it takes from a `Ready`. Indexes of stored entries are contiguous.
 *
 * Any error that is not one of the typed ones below makes the node inoperable (raft-rs `Storage`).
 */
export interface Storage {
  /** Called once, when the node is made. */
  initialState(): RaftState;
  /**
   * Entries of [low, high), at least one where the range is not empty, then no more than `maxBytes` of encoded size.
   * @throws CompactedError where low < firstIndex(); LogTemporarilyUnavailableError where the context allows it
   */
  entries(low: number, high: number, maxBytes: number, context: GetEntriesContext): Entry[];
  /**
   * Term of an entry in [firstIndex() - 1, lastIndex()].
   * @throws CompactedError below, UnavailableError above
   */
  term(index: number): number;
  /** Index of the first entry that is there, or would be: one more than the last that was compacted away; 1 at the beginning. */
  firstIndex(): number;
  /** Index of the last entry; firstIndex() - 1 where there is none. */
  lastIndex(): number;
  /**
   * The most recent snapshot, of an index >= requestIndex, for peer `to`.
   * @throws SnapshotTemporarilyUnavailableError where there is none yet: the core tries again later
   */
  snapshot(requestIndex: number, to: number): Snapshot;
}
