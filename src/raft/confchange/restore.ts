import { type ConfChangeSingle, ConfChangeType, type ConfState } from '../../gen/raft/v1/raft.js';
import { confStateEqual, newConfChangeSingle } from '../conf-change.js';
import { Configuration } from '../tracker/configuration.js';
import { ProgressTracker } from '../tracker/progress-tracker.js';
import { Changer } from './changer.js';

/**
 * Makes the tracker hold the configuration of a snapshot or of storage, whatever it held before; every member starts at `nextIdx`.
 *
 * The configuration is not taken as it is but built by the changes that lead to it, so that one which no change can make is refused.
 * @throws RaftError of kind `conf-change`; the tracker is then unchanged
 */
export function restore(tracker: ProgressTracker, nextIdx: number, confState: ConfState): void {
  const outgoing = confState.votersOutgoing.map((id) => newConfChangeSingle(id, ConfChangeType.ADD_NODE));
  const incoming = incomingChanges(confState);
  let conf = new Configuration();
  for (const single of outgoing.length === 0 ? incoming : outgoing) {
    conf = new Changer({ conf }).simple([single]).conf;
  }
  if (outgoing.length > 0) conf = new Changer({ conf }).enterJoint(confState.autoLeave, incoming).conf;

  const changes = [...conf.members()].map((id) => ({ id, type: 'add' as const }));
  tracker.clear();
  tracker.applyConf(conf, changes, nextIdx);
}

/** The changes that make the incoming half and the learners, beginning with the outgoing half as the only voters. */
function incomingChanges(confState: ConfState): ConfChangeSingle[] {
  const { ADD_NODE, ADD_LEARNER_NODE, REMOVE_NODE } = ConfChangeType;
  return [
    // Removed first, so that those who come back as learners to be are taken from the voters.
    ...confState.votersOutgoing.map((id) => newConfChangeSingle(id, REMOVE_NODE)),
    ...confState.voters.map((id) => newConfChangeSingle(id, ADD_NODE)),
    ...confState.learners.map((id) => newConfChangeSingle(id, ADD_LEARNER_NODE)),
    ...confState.learnersNext.map((id) => newConfChangeSingle(id, ADD_LEARNER_NODE)),
  ];
}

/** Whether a configuration is one that changes can lead to. */
export function isReachable(confState: ConfState): boolean {
  const tracker = new ProgressTracker(1);
  try {
    restore(tracker, 1, confState);
  } catch {
    return false;
  }
  return confStateEqual(tracker.toConfState(), confState);
}
