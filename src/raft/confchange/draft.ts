import { type ConfChangeSingle, ConfChangeType } from '../../gen/raft/v1/raft.js';
import { INVALID_ID } from '../config.js';
import { isNodeId } from '../counts.js';
import { RaftError } from '../errors.js';
import { JointConfig } from '../quorum/joint.js';
import { MajorityConfig } from '../quorum/majority.js';
import { Configuration } from '../tracker/configuration.js';
import type { MapChange } from '../tracker/progress-tracker.js';

/** A configuration while it is being changed. It is a copy: whatever goes wrong, the one it was made from is untouched. */
export class Draft {
  readonly incoming: Set<number>;
  readonly outgoing: Set<number>;
  readonly learners: Set<number>;
  readonly learnersNext: Set<number>;
  autoLeave: boolean;
  /** Who comes and who goes, in the order it happens: one that is removed and added again starts over. */
  readonly changes: MapChange[] = [];
  readonly #members: Set<number>;

  constructor(conf: Configuration) {
    this.incoming = new Set(conf.voters.incoming.ids);
    this.outgoing = new Set(conf.voters.outgoing.ids);
    this.learners = new Set(conf.learners);
    this.learnersNext = new Set(conf.learnersNext);
    this.autoLeave = conf.autoLeave;
    this.#members = new Set(conf.members());
  }

  /** Applies each change to the incoming half. At least one voter must be left. */
  apply(changes: readonly ConfChangeSingle[]): void {
    for (const { changeType, nodeId } of changes) {
      // Node 0 stands for a change that was taken back before it was applied.
      if (nodeId === INVALID_ID) continue;
      if (!isNodeId(nodeId)) throw new RaftError('conf-change', `${nodeId} is not a node id`);
      switch (changeType) {
        case ConfChangeType.ADD_NODE:
          this.#makeVoter(nodeId);
          break;
        case ConfChangeType.ADD_LEARNER_NODE:
          this.#makeLearner(nodeId);
          break;
        case ConfChangeType.REMOVE_NODE:
          this.#remove(nodeId);
          break;
        case ConfChangeType.UPDATE_NODE:
          break;
        default:
          throw new RaftError('conf-change', `unexpected conf type ${changeType}`);
      }
    }
    if (this.incoming.size === 0) throw new RaftError('conf-change', 'removed all voters');
  }

  /** Takes a member away that is in no set any more. */
  forget(id: number): void {
    if (this.#members.delete(id)) this.changes.push({ id, type: 'remove' });
  }

  /** The configuration that has come out. */
  finish(): Configuration {
    const voters = new JointConfig(new MajorityConfig(this.incoming), new MajorityConfig(this.outgoing));
    return new Configuration(voters, this.learners, this.learnersNext, this.autoLeave);
  }

  #makeVoter(id: number): void {
    this.#join(id);
    this.learners.delete(id);
    this.learnersNext.delete(id);
    this.incoming.add(id);
  }

  /**
   * A voter of the outgoing half keeps its vote until the joint configuration is left, so it can only be noted as a learner to be:
   * learners and voters have nobody in common.
   */
  #makeLearner(id: number): void {
    this.#join(id);
    this.incoming.delete(id);
    (this.outgoing.has(id) ? this.learnersNext : this.learners).add(id);
  }

  /** A voter of the outgoing half stays a member until the joint configuration is left. */
  #remove(id: number): void {
    this.incoming.delete(id);
    this.learners.delete(id);
    this.learnersNext.delete(id);
    if (!this.outgoing.has(id)) this.forget(id);
  }

  #join(id: number): void {
    if (this.#members.has(id)) return;
    this.#members.add(id);
    this.changes.push({ id, type: 'add' });
  }
}
