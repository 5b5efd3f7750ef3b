import { INVALID_ID, maxElectionTick, minElectionTick } from './config.js';
import { isCount } from './counts.js';
import { RaftError } from './errors.js';
import type { Raft } from './raft.js';
import { releaseEarlyReads } from './reads.js';
import { bcastAppend, maybeCommit } from './replication.js';
import { becomeFollower } from './roles.js';

/** Settings of a node that can be changed while it runs, and group commit (raft-rs). */
export class Knobs {
  constructor(private readonly raft: Raft) {}

  /**
   * See `Config.priority`.
   * @throws RaftError of kind `config-invalid` where it is no whole number
   */
  setPriority(priority: number): void {
    if (!Number.isSafeInteger(priority))
      throw new RaftError('config-invalid', `priority ${priority} is no whole number`);
    this.raft.priority = priority;
  }

  /**
   * Whether this node may campaign; it may at first. A node that may not becomes leader neither by time-out nor because its leader asks it to
   * take over, gives up a campaign that is under way, and votes and follows as before; but its priority holds nobody back. One that leads
   * goes on leading until it hands over or is deposed. Kept in memory only.
   */
  setCampaigns(on: boolean): void {
    const { raft } = this;
    raft.campaigns = on;
    if (on) return;
    raft.takesOverWhenApplied = false;
    if (raft.role === 'candidate' || raft.role === 'pre-candidate') becomeFollower(raft, raft.term, INVALID_ID);
  }

  /** See `Config.checkQuorum`. */
  setCheckQuorum(on: boolean): void {
    this.raft.checkQuorum = on;
  }

  /** See `Config.skipBcastCommit`. */
  setSkipBcastCommit(on: boolean): void {
    this.raft.skipBcastCommit = on;
  }

  /** See `Config.batchAppend`. */
  setBatchAppend(on: boolean): void {
    this.raft.batchAppend = on;
  }

  /**
   * See `Config.maxCommittedSizePerReady`.
   * @param bytes of committed entries in one Ready
   * @throws RaftError of kind `config-invalid` where it is no count
   */
  setMaxCommittedSizePerReady(bytes: number): void {
    checkCount('bytes of committed entries', bytes);
    this.raft.maxCommittedSizePerReady = bytes;
  }

  /**
   * How far past the persisted entries this leader may hand out committed ones; ignored on others.
   * @throws RaftError of kind `config-invalid` where it is no count
   */
  setMaxApplyUnpersistedLogLimit(entries: number): void {
    checkCount('entries past the persisted ones', entries);
    if (this.raft.role === 'leader') this.raft.raftLog.maxApplyUnpersistedLogLimit = entries;
  }

  /**
   * Replaces the time-out that was drawn, until the next one is.
   * @throws RaftError of kind `config-invalid` outside the range of the configuration
   */
  setRandomizedElectionTimeout(ticks: number): void {
    const min = minElectionTick(this.raft.config);
    const max = maxElectionTick(this.raft.config);
    if (!isCount(ticks) || ticks < min || ticks >= max) {
      throw new RaftError('config-invalid', `election time-out ${ticks} is out of [${min}, ${max})`);
    }
    this.raft.randomizedElectionTimeout = ticks;
  }

  /** Draws the time-out anew. */
  resetRandomizedElectionTimeout(): void {
    this.raft.randomizedElectionTimeout = this.raft.drawElectionTimeout();
  }

  /**
   * Appends that may be under way to one peer; 0 disables it once it is in `replicate`. Unknown peers are skipped.
   * @throws RaftError of kind `config-invalid` where the limit is no count
   */
  adjustMaxInflightMsgs(peer: number, limit: number): void {
    checkCount('appends under way', limit);
    const progress = this.raft.tracker.get(peer);
    if (progress === undefined) return;
    progress.ins.setCap(limit);
    if (progress.state !== 'replicate') return;
    if (progress.ins.full()) progress.pause();
    else progress.resume();
  }

  /** Gives the memory of idle windows back. */
  maybeFreeInflightBuffers(): void {
    for (const progress of this.raft.tracker.progress.values()) progress.ins.maybeFreeBuffer();
  }

  /** Bytes that the buffers of all windows hold, idle ones among them. */
  inflightBuffersSize(): number {
    let slots = 0;
    for (const progress of this.raft.tracker.progress.values()) slots += progress.ins.bufferCapacity;
    // An index and a size a slot, 8 bytes each.
    return slots * 16;
  }

  /** Commits only what two commit groups have, as soon as there are two among the voters. */
  enableGroupCommit(on: boolean): void {
    this.raft.tracker.enableGroupCommit(on);
    if (!on) this.#commitAgain();
  }

  /**
   * Says which commit groups peers belong to; kept in memory only. Unknown peers are skipped.
   * @param groups peer and group, above 0
   * @throws RaftError of kind `config-invalid`
   */
  assignCommitGroups(groups: readonly (readonly [peer: number, group: number])[]): void {
    for (const [peer, group] of groups) {
      if (!isCount(group) || group === 0)
        throw new RaftError('config-invalid', `commit group ${group} of node ${peer}`);
    }
    for (const [peer, group] of groups) {
      const progress = this.raft.tracker.get(peer);
      if (progress !== undefined) progress.commitGroupId = group;
    }
    if (this.raft.tracker.groupCommit()) this.#commitAgain();
  }

  /** No peer belongs to a commit group any more. */
  clearCommitGroup(): void {
    for (const progress of this.raft.tracker.progress.values()) progress.commitGroupId = 0;
  }

  /**
   * Whether what is committed now is on two commit groups.
   * @returns undefined where this node cannot know: it does not lead, or has applied no entry of its term
   */
  checkGroupCommitConsistent(): boolean | undefined {
    const { raft } = this;
    if (raft.role !== 'leader' || !raft.applyToCurrentTerm) return undefined;
    const { index, usedGroupCommit } = raft.tracker.groupCommittedIndex();
    return usedGroupCommit && index === raft.raftLog.committed;
  }

  #commitAgain(): void {
    if (this.raft.role !== 'leader' || !maybeCommit(this.raft)) return;
    releaseEarlyReads(this.raft);
    bcastAppend(this.raft);
  }
}

function checkCount(what: string, value: number): void {
  if (!isCount(value)) throw new RaftError('config-invalid', `${what}: ${value} is no whole number from 0 on`);
}
