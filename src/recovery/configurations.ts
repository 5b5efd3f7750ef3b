import type { ConfState, Entry } from '../gen/raft/v1/raft.js';
import { decodeConfChange } from '../raft/conf-change.js';
import { Changer } from '../raft/confchange/changer.js';
import { restore } from '../raft/confchange/restore.js';
import { RaftError } from '../raft/errors.js';
import { ProgressTracker } from '../raft/tracker/progress-tracker.js';
import type { ConfigurationAt } from './collected-node.js';

/**
 * The configurations that a log leads to: the applied one, then that behind each change. A change that does not fit is passed over, as it
 * is when it is applied.
 * @param changes entries of configuration changes behind the applied one, in the order of the log
 * @throws RaftError of kind `malformed-message` for an entry that carries no change
 */
export function configurationsAlong(applied: ConfigurationAt, changes: Iterable<Entry>): ConfigurationAt[] {
  const tracker = new ProgressTracker(1);
  if (applied.confState.voters.length > 0) restore(tracker, 1, applied.confState);
  const found = [applied];
  for (const entry of changes) {
    const confState = changed(tracker, entry);
    if (confState !== undefined) found.push({ index: entry.index, confState });
  }
  return found;
}

function changed(tracker: ProgressTracker, entry: Entry): ConfState | undefined {
  const change = decodeConfChange(entry);
  try {
    const { conf, changes } = new Changer(tracker).apply(change);
    tracker.applyConf(conf, changes, 1);
    return tracker.toConfState();
  } catch (thrown) {
    if (!(thrown instanceof RaftError) || thrown.kind !== 'conf-change') throw thrown;
    return undefined;
  }
}
