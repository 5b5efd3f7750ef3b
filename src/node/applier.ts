import { RaftctlError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { type ConfState, type Entry, EntryType } from '../gen/raft/v1/raft.js';
import { type Member, MembershipContext } from '../gen/raftctl/v1/member.js';
import { decodeConfChange } from '../raft/conf-change.js';
import { RaftError } from '../raft/errors.js';
import type { RawNode } from '../raft/raw-node.js';
import { applyMembership, readMembers } from './members.js';
import type { AppliedMark, LogStore, Metrics, MonotonicClock, StateTxn } from './ports.js';
import type { PendingProposals } from './proposals.js';
import type { ReplicatedState } from './replicated-state.js';

export interface ApplierOptions {
  readonly store: LogStore;
  readonly state: ReplicatedState;
  readonly proposals: PendingProposals;
  readonly clock: MonotonicClock;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** The members after a configuration change. */
  readonly onMembers: (members: Member[]) => void;
}

/**
 * Applies committed entries: normal ones to the replicated state, configuration changes to the core and the members table. Answers the
 * proposals of this process as their entries come by: an entry that is committed is on the disks of a majority.
 */
export class Applier {
  constructor(
    private core: RawNode,
    private readonly options: ApplierOptions,
  ) {}

  replaceCore(core: RawNode): void {
    this.core = core;
  }

  /** @returns where apply stands after the last of `entries`, which are contiguous and not empty */
  apply(entries: readonly Entry[]): AppliedMark {
    const { store, metrics } = this.options;
    const txn = store.beginApply();
    let { index, term, confState, configIndex } = store.applied;
    for (const entry of entries) {
      if (entry.entryType === EntryType.NORMAL) {
        this.applyNormal(txn, entry);
      } else {
        confState = this.applyChange(txn, entry) ?? confState;
        configIndex = entry.index;
      }
      index = entry.index;
      term = entry.term;
    }
    metrics.entriesApplied(entries.length);
    return { index, term, confState, configIndex };
  }

  private applyNormal(txn: StateTxn, entry: Entry): void {
    const { state, proposals, metrics, clock } = this.options;
    if (entry.data.length === 0) return;
    const outcome = state.apply(txn, entry.index, entry.term, entry.data);
    const answer =
      'expired' in outcome ? new RaftctlError('E_SESSION_EXPIRED', outcome.expired, { changed: 'unknown' }) : outcome;
    const startedMs = proposals.resolve(entry.context, answer);
    if (startedMs !== undefined) metrics.proposalApplied(clock() - startedMs);
  }

  /** Undefined where the change is not applicable: then it changes nothing, on every replica alike. */
  private applyChange(txn: StateTxn, entry: Entry): ConfState | undefined {
    try {
      const change = decodeConfChange(entry);
      const confState = this.core.applyConfChange(change);
      applyMembership(txn, entry.index, confState, MembershipContext.decode(change.context));
      this.options.onMembers(readMembers(txn));
      return confState;
    } catch (thrown) {
      if (!(thrown instanceof RaftError) || thrown.kind !== 'conf-change') throw thrown;
      this.options.logger.warn('a configuration change is not applicable', {
        index: entry.index,
        reason: thrown.message,
      });
      return undefined;
    }
  }
}
