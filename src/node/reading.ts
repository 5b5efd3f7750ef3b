import { RaftctlError } from '../base/errors.js';
import { Consistency } from '../gen/raftctl/v1/proposal.js';
import type { ReadState } from '../raft/read-only.js';
import type { CallOptions, QueryResult } from './node-api.js';
import type { NodeConfig } from './node-config.js';
import { type NodeContext, stoppedError } from './node-context.js';
import { noQuorumError } from './quorum-view.js';
import { PendingReads } from './reads.js';
import type { ReplicatedState } from './replicated-state.js';

/**
 * Ticks of an election time-out that a voter may count too early: the first one may follow at once on the leader's word, and after a late
 * one two may come before their time (`Ticker`).
 */
const earlyTicksMax = 3;
/** Share of the rest that a lease is trusted for, as clocks run at different rates. */
const leaseShare = 0.9;

/** Milliseconds from the begin of a round for which whoever answers it elects nobody else; 0 where that cannot be relied on at all. */
export function leaseMs({ electionTicks, tickMs }: Pick<NodeConfig, 'electionTicks' | 'tickMs'>): number {
  return Math.max(0, electionTicks - earlyTicksMax) * tickMs * leaseShare;
}

/**
 * Answers queries, as fresh as they ask for. A lease is the other side of check-quorum: whoever answered a ReadIndex round that was
 * begun at T votes for nobody else before T plus an election time-out (Raft thesis §6.4.1), less what its ticks may come early. It is
 * counted on the monotonic clock, which goes on while a process is paused, and it is given up for the rest of the term once anybody is asked
 * to take over, whoever wished that: the transferee campaigns without respect for it.
 */
export class Reading {
  private readonly pending = new PendingReads();
  private leaseUntilMs = Number.NEGATIVE_INFINITY;
  private noLeaseInTerm = 0;

  constructor(
    private readonly context: NodeContext,
    private readonly state: ReplicatedState,
  ) {}

  async query(query: Uint8Array, consistency: Consistency, call: CallOptions = {}): Promise<QueryResult> {
    const { store } = this.context.options;
    if (this.context.stopping) throw this.context.stoppedError();
    if (!this.context.isBootstrapped) throw this.context.notLeaderError();
    if (consistency !== Consistency.LOCAL) await this.waitUntilFresh(consistency, call.signal);
    return { result: this.state.read(store.view(), query), index: store.flushedApplied };
  }

  /** Resolves when all that was acknowledged anywhere before the call is flushed state here. @throws RaftctlError E_NO_LEADER, E_NO_QUORUM */
  async untilFresh(call: CallOptions = {}): Promise<void> {
    if (this.context.stopping) throw this.context.stoppedError();
    if (!this.context.isBootstrapped) throw this.context.notLeaderError();
    await this.waitUntilFresh(Consistency.LINEARIZABLE, call.signal);
  }

  /** Begins the round of the reads that arrived; called in each turn before the core is asked for its Ready. */
  beginRound(): void {
    this.pending.begin(this.context.core, this.context.options.clock(), this.context.ticks);
  }

  onTick(): void {
    const { options, core, ticks } = this.context;
    this.pending.retry(core, options.clock(), ticks, options.config.electionTicks);
  }

  onReadStates(states: readonly ReadState[]): void {
    const { config } = this.context.options;
    for (const { requestContext, index } of states) {
      const startedMs = this.pending.confirm(requestContext, index);
      if (startedMs === undefined || !this.context.isLeader) continue;
      this.leaseUntilMs = startedMs + leaseMs(config);
    }
  }

  /** No lease for the rest of this term. */
  giveUpLease(): void {
    this.noLeaseInTerm = this.context.core.raft.term;
    this.leaseUntilMs = Number.NEGATIVE_INFINITY;
  }

  onLeaderChanged(): void {
    this.leaseUntilMs = Number.NEGATIVE_INFINITY;
  }

  stop(): void {
    this.pending.failAll(stoppedError());
  }

  private async waitUntilFresh(consistency: Consistency, signal: AbortSignal | undefined): Promise<void> {
    const { store } = this.context.options;
    const limits = { signal, onAbort: () => this.lateError() };
    if (consistency === Consistency.LEASE && this.hasLease()) {
      const commit = this.context.core.raft.raftLog.committed;
      await this.context.conditions.until(() => store.flushedApplied >= commit || undefined, limits);
      return;
    }
    if (!this.context.quorumReachable()) throw noQuorumError(this.context.quorumView());
    if (this.context.core.raft.leaderId === 0) throw this.context.notLeaderError();
    let readIndex: number | undefined;
    let failure: unknown;
    this.pending.add().then(
      (index) => {
        readIndex = index;
        this.context.wake();
      },
      (thrown: unknown) => {
        failure = thrown;
        this.context.wake();
      },
    );
    this.context.wake();
    await this.context.conditions.until(() => {
      if (failure !== undefined) throw failure;
      if (readIndex !== undefined && store.flushedApplied >= readIndex) return true;
      return undefined;
    }, limits);
  }

  private hasLease(): boolean {
    const { core, options, isLeader } = this.context;
    return isLeader && core.raft.term !== this.noLeaseInTerm && options.clock() < this.leaseUntilMs;
  }

  private lateError(): RaftctlError {
    if (!this.context.quorumReachable()) return noQuorumError(this.context.quorumView());
    return new RaftctlError('E_NO_LEADER', 'no quorum confirmed the read in time', { retryable: true });
  }
}
