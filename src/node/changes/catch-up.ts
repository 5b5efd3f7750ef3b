import type { CatchUp } from '../../gen/raftctl/v1/member.js';
import { quorumNeeded } from '../../membership/index.js';
import type { NodeContext } from '../node-context.js';
import type { SnapshotTransfers } from '../snapshots.js';

/** Whom a change waits for before it makes its last configuration. */
export interface CatchUpGoal {
  /** All of these must have caught up. */
  readonly required: readonly number[];
  /** And of these a majority; empty: nobody. */
  readonly voters: readonly number[];
  /** These are reported as well. */
  readonly others: readonly number[];
  /** Entries that a node may lag behind. */
  readonly maxLag: number;
  /** How long a node that is waited for may stand still. */
  readonly stallMs: number;
  /** Rounds after which a node is not waited for any more whose last one took too long; undefined: as many as it takes. */
  readonly maxRounds: number | undefined;
}

/** How far everybody is. */
export interface CatchUpView {
  readonly all: CatchUp[];
  /** Who is waited for. */
  readonly behind: readonly number[];
  /** Of those, who has stood still for too long. */
  readonly stalled: readonly number[];
  /** And who has had all its rounds, and fell behind by too much in the last one as well. */
  readonly outrun: readonly number[];
}

/** What is remembered of a node between two looks. */
interface Runner {
  /** The end of the log when this round began; the round ends when the node has that (Thesis §4.2.1). */
  roundEnd: number;
  roundBeganAtMs: number;
  /** How long the last whole round took; undefined before. */
  lastRoundMs: number | undefined;
  /** Whole rounds so far. */
  rounds: number;
  /** Entries and bytes of a snapshot that have arrived, and since when. */
  reached: number;
  movedAtMs: number;
  /** Where the rate is measured from. */
  sample: { readonly lag: number; readonly atMs: number };
  rate: number;
}

/** Time between two measurements of a rate, in milliseconds. */
const SAMPLE_MS = 500;

/**
 * New voters on their way to the end of the log. A node has caught up when it is connected, replicates, is few entries behind, and took less
 * than an election timeout to get what there was a round ago: so long, at most, would writes stand still for it. However long it takes
 * until then is fine while something moves: entries acknowledged, or bytes of a snapshot sent.
 */
export class CatchUpWatch {
  private readonly runners = new Map<number, Runner>();
  private readonly ids: readonly number[];

  constructor(
    private readonly context: NodeContext,
    private readonly transfers: SnapshotTransfers,
    private readonly goal: CatchUpGoal,
  ) {
    const { required, voters, others } = goal;
    const ids = new Set([...required, ...others, ...voters]);
    this.ids = [...ids].filter((id) => id !== context.options.id).sort((left, right) => left - right);
  }

  /** How far all are by now. To be asked often: a round is as short as the time between two looks at best. */
  look(): CatchUpView {
    const now = this.context.options.clock();
    const connected = this.context.connectedIds();
    const ready = new Set([this.context.options.id]);
    const all = this.ids.map((id) => {
      const { report, isReady } = this.lookAt(id, connected.has(id), now);
      if (isReady) ready.add(id);
      return report;
    });
    const { required, voters, others, stallMs } = this.goal;
    const isShort = voters.length > 0 && voters.filter((id) => ready.has(id)).length < quorumNeeded(voters.length);
    const behind = this.ids.filter(
      (id) => !ready.has(id) && (required.includes(id) || (isShort && voters.includes(id))),
    );
    const stalled = behind.filter((id) => now - (this.runners.get(id)?.movedAtMs ?? now) > stallMs);
    const outrun = behind.filter((id) => this.isOutrun(id));
    const told = all.filter(({ id }) => required.includes(id) || others.includes(id) || behind.includes(id));
    return {
      all: told.map((node) => ({ ...node, required: required.includes(node.id) || behind.includes(node.id) })),
      behind,
      stalled,
      outrun,
    };
  }

  /**
   * The leader gives a new node so many rounds, each of what was written during the one before. They become shorter, unless more is written
   * than the node can take; then it would keep writes from being committed (Thesis §4.2.1).
   */
  private isOutrun(id: number): boolean {
    const { rounds = 0, lastRoundMs = 0 } = this.runners.get(id) ?? {};
    return this.goal.maxRounds !== undefined && rounds >= this.goal.maxRounds && lastRoundMs >= this.roundMsMax;
  }

  /** A round that takes longer makes a node that is not ready. */
  private get roundMsMax(): number {
    const { electionTicks, tickMs } = this.context.options.config;
    return electionTicks * tickMs;
  }

  private lookAt(id: number, isConnected: boolean, now: number): { report: CatchUp; isReady: boolean } {
    const { raftLog, tracker } = this.context.core.raft;
    const progress = tracker.get(id);
    const match = progress?.matched ?? 0;
    const lag = Math.max(0, raftLog.committed - match);
    const transfer = this.transfers.of(id);
    const runner = this.runners.get(id) ?? newRunner(now, lag, raftLog.lastIndex());
    this.runners.set(id, runner);
    if (match >= runner.roundEnd) {
      runner.lastRoundMs = now - runner.roundBeganAtMs;
      runner.rounds++;
      runner.roundEnd = raftLog.lastIndex();
      runner.roundBeganAtMs = now;
    }
    const reached = match + (transfer?.sent ?? 0);
    if (reached !== runner.reached) {
      runner.reached = reached;
      runner.movedAtMs = now;
    }
    measure(runner, lag, now);
    const limitMs = this.roundMsMax;
    const isQuick =
      runner.lastRoundMs !== undefined && Math.max(runner.lastRoundMs, now - runner.roundBeganAtMs) < limitMs;
    const isReady = isConnected && progress?.state === 'replicate' && lag <= this.goal.maxLag && isQuick;
    const etaMs = lag === 0 ? 0 : runner.rate > 0 ? Math.round((lag / runner.rate) * 1000) : undefined;
    const report: CatchUp = {
      id,
      match,
      lag,
      state: progress?.state ?? 'unknown',
      rate: runner.rate,
      etaMs,
      snapshotBytesSent: transfer?.sent,
      snapshotBytesTotal: transfer?.total,
      rounds: runner.rounds,
      roundMs: runner.lastRoundMs === undefined ? undefined : Math.round(runner.lastRoundMs),
      ready: isReady,
    };
    return { report, isReady };
  }
}

function newRunner(now: number, lag: number, roundEnd: number): Runner {
  return {
    roundEnd,
    roundBeganAtMs: now,
    lastRoundMs: undefined,
    rounds: 0,
    reached: -1,
    movedAtMs: now,
    sample: { lag, atMs: now },
    rate: 0,
  };
}

function measure(runner: Runner, lag: number, now: number): void {
  const { sample } = runner;
  if (now - sample.atMs < SAMPLE_MS) return;
  runner.rate = Math.max(0, ((sample.lag - lag) * 1000) / (now - sample.atMs));
  runner.sample = { lag, atMs: now };
}

/** Why a node that is waited for stands still, in a sentence's half. */
export function bottleneckOf(context: NodeContext, node: CatchUp): string {
  const link = context.options.transport.links().find(({ id }) => id === node.id);
  if (link === undefined || !link.connected) return link?.error || 'not connected';
  if (node.state === 'snapshot') {
    const { snapshotBytesSent: sent, snapshotBytesTotal: total } = node;
    return total === undefined
      ? 'it has not acknowledged the snapshot'
      : `its snapshot stands still at ${sent} of ${total} bytes`;
  }
  if (node.state === 'probe') return 'it does not answer to entries';
  return `it acknowledges nothing more, ${node.lag} entries behind`;
}
