import { assert } from '../../base/assert.js';
import type { ConfChangeSingle, ConfChangeV2 } from '../../gen/raft/v1/raft.js';
import { enterJoint, isRollback, leaveJoint } from '../conf-change.js';
import { RaftError } from '../errors.js';
import type { Configuration } from '../tracker/configuration.js';
import type { MapChange } from '../tracker/progress-tracker.js';
import { Draft } from './draft.js';

/** What a change makes of a configuration; `ProgressTracker.applyConf` puts it into force. */
export interface ChangedConfiguration {
  readonly conf: Configuration;
  /** Members that come and go, in the order it happens. */
  readonly changes: readonly MapChange[];
}

/**
 * Works out what a change makes of the configuration in force. It changes nothing itself.
 *
 * Every method throws `RaftError` of kind `conf-change` where the change does not fit the configuration.
 */
export class Changer {
  readonly #conf: Configuration;

  /** @param tracker the tracker, or anything else that holds a configuration */
  constructor(tracker: { readonly conf: Configuration }) {
    this.#conf = tracker.conf;
  }

  /** Whatever `change` asks for: leave, roll back, enter a joint configuration, or a simple change. */
  apply(change: ConfChangeV2): ChangedConfiguration {
    if (leaveJoint(change)) return this.leaveJoint();
    if (isRollback(change)) {
      if (change.changes.length > 0) throw new RaftError('conf-change', 'a rollback takes no changes');
      return this.rollBack();
    }
    const autoLeave = enterJoint(change);
    return autoLeave === undefined ? this.simple(change.changes) : this.enterJoint(autoLeave, change.changes);
  }

  /**
   * Enters a joint configuration: the voters of now become the outgoing half, and the changes make the incoming half of them
   * (Thesis §4.3: C_old becomes C_old,new).
   */
  enterJoint(autoLeave: boolean, changes: readonly ConfChangeSingle[]): ChangedConfiguration {
    if (this.#conf.isJoint()) throw new RaftError('conf-change', 'config is already joint');
    if (this.#conf.voters.incoming.size === 0) {
      throw new RaftError('conf-change', "can't make a zero-voter config joint");
    }
    const draft = new Draft(this.#conf);
    for (const id of draft.incoming) draft.outgoing.add(id);
    draft.apply(changes);
    draft.autoLeave = autoLeave;
    return finish(draft);
  }

  /** Leaves the joint configuration to the incoming half: who is only in the outgoing half leaves, learners to be become learners. */
  leaveJoint(): ChangedConfiguration {
    const draft = this.#leave();
    for (const id of draft.learnersNext) draft.learners.add(id);
    for (const id of draft.outgoing) {
      if (!draft.incoming.has(id) && !draft.learners.has(id)) draft.forget(id);
    }
    return finishLeaving(draft);
  }

  /**
   * Leaves the joint configuration to the *outgoing* half: its voters are the voters again. Who is only in the incoming half becomes a
   * learner, which is what it was before, or what is left of having just joined: it keeps its data, and can be tried again or removed.
   * Learners that the change has made or taken away stay so; the joint configuration does not say who they were.
   */
  rollBack(): ChangedConfiguration {
    const draft = this.#leave();
    for (const id of draft.incoming) {
      if (!draft.outgoing.has(id)) draft.learners.add(id);
    }
    draft.incoming.clear();
    for (const id of draft.outgoing) draft.incoming.add(id);
    return finishLeaving(draft);
  }

  /** Changes at most one voter, and any number of learners, without a joint configuration (Thesis §4.1). */
  simple(changes: readonly ConfChangeSingle[]): ChangedConfiguration {
    if (this.#conf.isJoint()) throw new RaftError('conf-change', "can't apply simple config change in joint config");
    const draft = new Draft(this.#conf);
    draft.apply(changes);
    const before = this.#conf.voters.incoming;
    const added = [...draft.incoming].filter((id) => !before.has(id)).length;
    const removed = before.ids.filter((id) => !draft.incoming.has(id)).length;
    if (added + removed > 1) {
      throw new RaftError('conf-change', 'more than one voter changed without entering joint config');
    }
    return finish(draft);
  }

  #leave(): Draft {
    if (!this.#conf.isJoint()) throw new RaftError('conf-change', "can't leave a non-joint config");
    return new Draft(this.#conf);
  }
}

function finishLeaving(draft: Draft): ChangedConfiguration {
  draft.outgoing.clear();
  draft.learnersNext.clear();
  draft.autoLeave = false;
  return finish(draft);
}

function finish(draft: Draft): ChangedConfiguration {
  for (const id of draft.learners) {
    assert(!draft.outgoing.has(id), `${id} is in learners and outgoing voters`);
    assert(!draft.incoming.has(id), `${id} is in learners and incoming voters`);
  }
  for (const id of draft.learnersNext)
    assert(draft.outgoing.has(id), `${id} is in learners_next and not in outgoing voters`);
  assert(draft.outgoing.size > 0 || !draft.autoLeave, 'auto_leave must be false when not joint');
  return { conf: draft.finish(), changes: draft.changes };
}
