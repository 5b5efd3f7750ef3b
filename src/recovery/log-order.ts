import type { CollectedNode, LogFacts } from './collected-node.js';

/** Term of an entry; undefined where the log does not hold it, and where it is compacted away. */
export function termAt({ truncatedIndex, truncatedTerm, ranges }: LogFacts, index: number): number | undefined {
  if (index === truncatedIndex) return truncatedTerm;
  return ranges.find(({ first, last }) => index >= first && index <= last)?.term;
}

/** Whether one log is further than another in the order by which Raft compares them: last term, then last index (Paper §5.4.1). */
export function isFurther(log: LogFacts, than: LogFacts): boolean {
  return log.lastTerm !== than.lastTerm ? log.lastTerm > than.lastTerm : log.last > than.last;
}

/** Whether a node holds every entry that another one knows to be committed. */
export function holdsCommitted(node: CollectedNode, other: CollectedNode): boolean {
  const { commit } = other.hardState;
  // What is compacted away was applied, so it is what everybody has there who knows it to be committed.
  return commit <= node.log.truncatedIndex || termAt(node.log, commit) === termAt(other.log, commit);
}

/** First index at which a log has an entry that another one has not, or has otherwise; undefined where it has none. */
export function firstForeign(log: LogFacts, other: LogFacts): number | undefined {
  for (let index = Math.max(log.truncatedIndex, other.truncatedIndex) + 1; index <= log.last; ) {
    const own = log.ranges.find(({ first, last }) => index >= first && index <= last);
    const theirs = other.ranges.find(({ first, last }) => index >= first && index <= last);
    if (own === undefined) return undefined;
    if (theirs?.term !== own.term) return index;
    index = Math.min(own.last, theirs.last) + 1;
  }
  return undefined;
}
