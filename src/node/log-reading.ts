import { Entry, EntryType } from '../gen/raft/v1/raft.js';
import type { TermRun } from '../gen/raftctl/v1/log.js';
import { decodeConfChange, stringifyConfChange } from '../raft/conf-change.js';
import type { DescribedEntry } from './node-api.js';
import type { NodeContext } from './node-context.js';
import type { LogStore } from './ports.js';
import type { ReplicatedState } from './replicated-state.js';

const pageBytes = 256 * 1024;

/** Entries of the stored log with what people want to know of them; read in pages, so that a long log costs little memory. */
export function* describeEntries(
  context: NodeContext,
  state: ReplicatedState,
  from: number,
  to: number,
  limit: number,
): Iterable<DescribedEntry> {
  const { store } = context.options;
  let left = limit === 0 ? Number.MAX_SAFE_INTEGER : limit;
  let next = from === 0 ? store.firstIndex() : Math.max(from, store.firstIndex());
  while (left > 0) {
    // Looked up each time: the log grows, and is compacted, while it is read.
    next = Math.max(next, store.firstIndex());
    const end = Math.min(to === 0 ? store.lastIndex() : to, store.lastIndex());
    if (next > end) return;
    for (const entry of store.entries(next, end + 1, pageBytes, { kind: 'empty', canAsync: false })) {
      yield {
        entry,
        committed: entry.index <= context.core.raft.raftLog.committed,
        summary: summarize(entry, state),
        size: Entry.encode(entry).finish().length,
      };
      next = entry.index + 1;
      if (--left === 0) return;
    }
  }
}

/** An entry in a few words. */
export function summarize(entry: Entry, state: ReplicatedState): string {
  if (entry.entryType === EntryType.NORMAL) return state.describe(entry.data);
  const { changes } = decodeConfChange(entry);
  return changes.length === 0 ? 'leave joint' : `change members: ${stringifyConfChange(changes)}`;
}

/** Runs of equal terms in the stored log, ascending; found by bisection, since terms never go down. */
export function termRuns(store: LogStore): TermRun[] {
  const runs: TermRun[] = [];
  let first = store.firstIndex();
  const last = store.lastIndex();
  while (first <= last) {
    const term = store.term(first);
    let low = first;
    let high = last;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (store.term(middle) === term) low = middle;
      else high = middle - 1;
    }
    runs.push({ term, first, last: low });
    first = low + 1;
  }
  return runs;
}
