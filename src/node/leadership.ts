import { RaftctlError } from '../base/errors.js';
import type { CallOptions, TransferResult } from './node-api.js';
import type { NodeContext } from './node-context.js';

/** Hands the leadership over, and says what became of it. */
export class Leadership {
  constructor(
    private readonly context: NodeContext,
    /** A transferee campaigns without respect for leases. */
    private readonly onTransferStarts: () => void,
  ) {}

  /**
   * Moves the leadership to `target`; 0 stands for the most caught-up voter.
   * @param maxLag entries the target may lag behind at the start; undefined: the node's setting
   * @throws RaftctlError E_NOT_LEADER, E_NOT_FOUND, E_TARGET_LEARNER, E_TARGET_LAG, E_JOINT, E_TRANSFER_IN_PROGRESS, E_TRANSFER_TIMEOUT
   */
  async transfer(target: number, maxLag: number | undefined, call: CallOptions = {}): Promise<TransferResult> {
    const { core, options } = this.context;
    this.context.requireLeader();
    const startedMs = options.clock();
    const from = options.id;
    const chosen = target === 0 ? this.bestTarget() : target;
    if (chosen === from) return { from, to: from, term: core.raft.term, elapsedMs: 0, unchanged: true };
    this.check(chosen, maxLag ?? options.config.maxLagEntries);
    const term = core.raft.term;
    const lastTick = this.context.ticks + options.config.electionTicks * 3;
    this.onTransferStarts();
    core.transferLeader(chosen);
    this.context.wake();
    return this.context.conditions.until(
      () => {
        const { raft } = core;
        if (raft.leaderId === chosen && raft.term > term) {
          return {
            from,
            to: chosen,
            term: raft.term,
            elapsedMs: Math.round(options.clock() - startedMs),
            unchanged: false,
          };
        }
        if (raft.leaderId === from && raft.leadTransferee === 0)
          throw this.notTransferred(chosen, startedMs, 'is still leader');
        if (this.context.ticks >= lastTick) throw this.notTransferred(chosen, startedMs, 'is leader now');
        return undefined;
      },
      { signal: call.signal, onAbort: () => this.notTransferred(chosen, startedMs, 'is leader as far as is known') },
    );
  }

  /** Hands over to the most caught-up voter. @throws RaftctlError as `transfer`; E_REFUSED where there is no other voter */
  async stepDown(call: CallOptions = {}): Promise<TransferResult> {
    this.context.requireLeader();
    return this.transfer(this.bestTarget(), undefined, call);
  }

  /** The connected voter with the highest match, of those in `among` where it is given. */
  bestTarget(among?: ReadonlySet<number>): number {
    const { options } = this.context;
    const connected = this.context.connectedIds();
    const { confState } = this.context.applied;
    const voters = [...confState.voters, ...confState.votersOutgoing].filter(
      (id) => id !== options.id && connected.has(id) && (among === undefined || among.has(id)),
    );
    const best = voters.sort((a, b) => this.context.matchOf(b) - this.context.matchOf(a) || a - b)[0];
    if (best === undefined) {
      throw new RaftctlError(
        'E_REFUSED',
        `there is no other voter in reach that node ${options.id} could hand over to`,
        {
          hint: 'raftctl status',
        },
      );
    }
    return best;
  }

  private check(target: number, maxLag: number): void {
    const { core, options, members } = this.context;
    const { confState } = this.context.applied;
    if (core.raft.leadTransferee !== 0) {
      throw new RaftctlError(
        'E_TRANSFER_IN_PROGRESS',
        `the leadership is being handed to node ${core.raft.leadTransferee}`,
        {
          retryable: true,
        },
      );
    }
    const voters = [...confState.voters, ...confState.votersOutgoing];
    if (!voters.includes(target)) {
      if (confState.learners.includes(target)) {
        throw new RaftctlError('E_TARGET_LEARNER', `node ${target} is a learner: only a voter can lead`, {
          hint: `raftctl member promote ${target}`,
        });
      }
      throw new RaftctlError('E_NOT_FOUND', `node ${target} is not a member: the voters are ${voters.join(', ')}`, {
        facts: members.map((member) => `${member.name || `n${member.id}`}  ${member.address}`),
        hint: 'raftctl member list',
      });
    }
    const lag = core.raft.raftLog.lastIndex() - this.context.matchOf(target);
    if (lag > maxLag) {
      throw new RaftctlError('E_TARGET_LAG', `node ${target} lags ${lag} entries behind, more than ${maxLag}`, {
        hint: `raftctl wait node=${target}:caught-up --timeout 1m && raftctl leader transfer ${target}`,
      });
    }
    const link = options.transport.links().find((other) => other.id === target);
    if (link !== undefined && !link.connected) {
      throw new RaftctlError(
        'E_REFUSED',
        `node ${target} at ${link.address} is not reachable: ${link.error || 'not connected'}`,
        {
          hint: `raftctl node show ${target}`,
        },
      );
    }
  }

  private notTransferred(target: number, startedMs: number, outcome: string): RaftctlError {
    const { core, options } = this.context;
    const after = `${((options.clock() - startedMs) / 1000).toFixed(1)}s`;
    const leader = core.raft.leaderId === 0 ? 'nobody' : `node ${core.raft.leaderId}`;
    return new RaftctlError(
      'E_TRANSFER_TIMEOUT',
      `leadership transfer to node ${target} ended after ${after} — outcome checked: ${leader} ${outcome}`,
      { hint: `raftctl wait node=${target}:caught-up --timeout 1m && raftctl leader transfer ${target}` },
    );
  }
}
