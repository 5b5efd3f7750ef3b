import { RaftctlError } from '../base/errors.js';
import { type ConfState, type Entry, EntryType } from '../gen/raft/v1/raft.js';
import { type Member, MembershipContext } from '../gen/raftctl/v1/member.js';
import { decodeConfChange } from '../raft/conf-change.js';
import { RaftError } from '../raft/errors.js';
import { applyMembership, readMembers } from './members.js';
import type { NodeContext } from './node-context.js';
import type { AppliedMark, StateTxn } from './ports.js';
import type { PendingProposals } from './proposals.js';
import type { ReplicatedState } from './replicated-state.js';

/**
 * Applies committed entries: normal ones to the replicated state, configuration changes to the core and the members table. Answers the
 * proposals of this process as their entries come by: an entry that is committed is on the disks of a majority.
 */
export class Applier {
  constructor(
    private readonly context: NodeContext,
    private readonly state: ReplicatedState,
    private readonly proposals: PendingProposals,
    /** Told the members after a configuration change. */
    private readonly onMembers: (members: Member[]) => void,
  ) {}

  /** @returns where apply stands after the last of `entries`, which are contiguous and not empty */
  apply(entries: readonly Entry[]): AppliedMark {
    const { store, metrics } = this.context.options;
    const txn = store.beginApply();
    let { index, term, confState, configIndex } = this.context.applied;
    for (const entry of entries) {
      if (entry.entryType === EntryType.NORMAL) {
        this.applyNormal(txn, entry, { index: entry.index, term: entry.term, confState, configIndex });
      } else {
        confState = this.applyChange(txn, entry) ?? confState;
        configIndex = entry.index;
      }
      index = entry.index;
      term = entry.term;
    }
    metrics.entriesApplied(entries.length);
    this.context.applied = { index, term, confState, configIndex };
    return this.context.applied;
  }

  private applyNormal(txn: StateTxn, entry: Entry, at: AppliedMark): void {
    const { metrics, clock } = this.context.options;
    if (entry.data.length === 0) return;
    const outcome = this.state.apply(txn, at, entry.data);
    const answer =
      'expired' in outcome ? new RaftctlError('E_SESSION_EXPIRED', outcome.expired, { changed: 'unknown' }) : outcome;
    const startedMs = this.proposals.resolve(entry.context, answer);
    if (startedMs !== undefined) metrics.proposalApplied(clock() - startedMs);
  }

  /** Undefined where the change is not applicable: then it changes nothing, on every replica alike. */
  private applyChange(txn: StateTxn, entry: Entry): ConfState | undefined {
    try {
      const change = decodeConfChange(entry);
      const confState = this.context.core.applyConfChange(change);
      applyMembership(txn, entry.index, confState, MembershipContext.decode(change.context));
      this.onMembers(readMembers(txn));
      return confState;
    } catch (thrown) {
      if (!(thrown instanceof RaftError) || thrown.kind !== 'conf-change') throw thrown;
      this.context.options.logger.warn('a configuration change is not applicable', {
        index: entry.index,
        reason: thrown.message,
      });
      return undefined;
    }
  }
}
