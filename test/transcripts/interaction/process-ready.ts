import { type Entry, EntryType, type Snapshot } from '../../../src/gen/raft/v1/raft.js';
import { decodeConfChange } from '../../../src/raft/conf-change.js';
import type { Directive } from '../datadriven.js';
import { idsOf } from './arguments.js';
import { describeReady } from './describe-ready.js';
import type { Environment } from './environment.js';
import { StepError } from './output.js';
import type { StoryNode } from './story-node.js';

/** `process-ready 1 2`: each node hands out a Ready; it is written, applied and acknowledged, and its messages are under way. */
export function processReady(environment: Environment, directive: Directive): void {
  const ids = idsOf(directive);
  for (const id of ids) {
    if (ids.length === 1) processReadyOf(environment, id);
    else {
      environment.output.write(`> ${id} handling Ready\n`);
      environment.output.indented(() => processReadyOf(environment, id));
    }
  }
}

/** One Ready of one node, in etcd/raft's synchronous order: write, apply, send, and only then acknowledge both. */
export function processReadyOf(environment: Environment, id: number): void {
  const story = environment.nodeOf(id);
  const ready = story.node.ready();
  environment.output.write(describeReady(ready, story.hardState));
  if (ready.hs !== undefined) story.hardState = ready.hs;

  const { storage, node } = story;
  if (ready.snapshot !== undefined) {
    if (ready.entries.length > 0) throw new StepError("can't apply snapshot and entries at the same time");
    storage.applySnapshot(ready.snapshot);
  }
  if (ready.hs !== undefined) storage.setHardState(ready.hs);
  storage.append(ready.entries);
  for (const entry of ready.committedEntries) apply(story, entry);
  environment.messages.push(...ready.messages, ...ready.persistedMessages);

  node.advanceAppendAsync(ready);
  node.onPersistReady(ready.number);
  node.advanceApply();
}

/** Applies an entry: the data of the snapshot before, and the entry's after it. */
function apply({ node, storage: { history, newest } }: StoryNode, entry: Entry): void {
  const isChange = entry.entryType !== EntryType.NORMAL;
  const change = isChange ? decodeConfChange(entry) : undefined;
  const confState = change === undefined ? newest.metadata?.confState : node.applyConfChange(change);
  const added = change === undefined ? entry.data : change.context;
  const data = new Uint8Array(newest.data.length + added.length);
  data.set(newest.data);
  data.set(added, newest.data.length);
  const snapshot: Snapshot = { data, metadata: { index: entry.index, term: entry.term, confState } };
  history.push(snapshot);
}
