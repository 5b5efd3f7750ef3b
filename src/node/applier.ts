import { RaftctlError } from '../base/errors.js';
import { type ConfState, type Entry, EntryType } from '../gen/raft/v1/raft.js';
import { MembershipContext } from '../gen/raftctl/v1/member.js';
import { decodeConfChange } from '../raft/conf-change.js';
import { RaftError } from '../raft/errors.js';
import type { RawNode } from '../raft/raw-node.js';
import { noteConfiguration } from './changes/change-records.js';
import { applyMembership } from './members.js';
import type { NodeOptions } from './node-options.js';
import type { AppliedMark, StateTxn, StateView } from './ports.js';
import type { PendingProposals } from './proposals.js';
import type { ReplicatedState } from './replicated-state.js';
import type { StateHashing } from './state-hashing.js';
import type { Workload } from './workload.js';

/** What applying needs of its node. */
export interface ApplyContext {
  readonly options: Pick<NodeOptions, 'store' | 'metrics' | 'clock' | 'logger'>;
  readonly core: Pick<RawNode, 'applyConfChange'>;
  readonly workload: Pick<Workload, 'applied'>;
  /** Where apply stands, written or not. */
  applied: AppliedMark;
}

/**
 * Applies committed entries: normal ones to the replicated state, configuration changes to the core and the members table. Answers the
 * proposals of this process as their entries come by: an entry that is committed is on the disks of a majority.
 */
export class Applier {
  constructor(
    private readonly context: ApplyContext,
    private readonly state: ReplicatedState,
    private readonly proposals: PendingProposals,
    /** A change of the configuration, or a command of the cluster's own, is applied: the records of the cluster may be others now. */
    private readonly onRecords: (view: StateView) => void,
    /** Where nodes that run hash their state. */
    private readonly hashing?: StateHashing,
  ) {}

  /** @returns where apply stands after the last of `entries`, which are contiguous and not empty */
  apply(entries: readonly Entry[]): AppliedMark {
    const { store, metrics, clock } = this.context.options;
    const startedMs = clock();
    const txn = store.beginApply();
    let { index, term, confState, configIndex } = this.context.applied;
    for (const entry of entries) {
      if (entry.entryType === EntryType.NORMAL) {
        this.applyNormal(txn, entry, { index: entry.index, term: entry.term, confState, configIndex });
      } else {
        confState = this.applyChange(txn, entry, confState) ?? confState;
        configIndex = entry.index;
      }
      index = entry.index;
      term = entry.term;
      if (this.hashing?.isDue(index)) this.hashing.onApplied({ index, term, confState, configIndex });
    }
    metrics.entriesApplied(entries.length);
    this.context.workload.applied(clock() - startedMs);
    this.context.applied = { index, term, confState, configIndex };
    return this.context.applied;
  }

  private applyNormal(txn: StateTxn, entry: Entry, at: AppliedMark): void {
    const { metrics, clock } = this.context.options;
    if (entry.data.length === 0) return;
    const outcome = this.state.apply(txn, at, entry.data);
    const isControl = 'control' in outcome;
    if (isControl) this.onRecords(txn);
    if (isControl && outcome.control?.command?.$case === 'hashState') {
      this.hashing?.onCommand(entry.index, outcome.control.command.value);
    }
    const answer =
      'expired' in outcome ? new RaftctlError('E_SESSION_EXPIRED', outcome.expired, { changed: 'unknown' }) : outcome;
    const startedMs = this.proposals.resolve(entry.context, answer);
    // What the cluster writes of its own accord is nobody's proposal.
    if (startedMs !== undefined && !isControl) metrics.proposalApplied(clock() - startedMs);
  }

  /** Undefined where the change is not applicable: then it changes nothing, on every replica alike. */
  private applyChange(txn: StateTxn, entry: Entry, before: ConfState): ConfState | undefined {
    const { index, term } = entry;
    const change = decodeConfChange(entry);
    const noted = { index, term, change, context: membershipContext(change.context), before };
    try {
      const after = this.context.core.applyConfChange(change);
      applyMembership(txn, { ...noted, after });
      noteConfiguration(txn, { ...noted, after });
      this.context.applied = { index, term, confState: after, configIndex: index };
      this.onRecords(txn);
      return after;
    } catch (thrown) {
      if (!(thrown instanceof RaftError) || thrown.kind !== 'conf-change') throw thrown;
      this.context.options.logger.warn('a configuration change is not applicable', { index, reason: thrown.message });
      noteConfiguration(txn, { ...noted, after: undefined });
      return undefined;
    }
  }
}

/** An empty one for bytes that are none: every replica must go on in the same way. */
function membershipContext(bytes: Uint8Array): MembershipContext {
  try {
    return MembershipContext.decode(bytes);
  } catch {
    return MembershipContext.create();
  }
}
