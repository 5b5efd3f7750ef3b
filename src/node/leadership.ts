import { RaftctlError } from '../base/errors.js';
import type { CallOptions, TransferResult } from './node-api.js';
import type { NodeContext } from './node-context.js';
import { checkTransfer } from './transfer-checks.js';

/** Election time-outs after which a transfer is given up: one until the core does, and time for the election to be heard of. */
const patienceElections = 3;

/** Hands the leadership over, and says what became of it. */
export class Leadership {
  constructor(private readonly context: NodeContext) {}

  /**
   * Moves the leadership to `target`; 0 stands for the voter that `bestTarget` finds. Answers when the outcome is known.
   * @param maxLag entries the target may lag behind at the start; undefined: the node's setting
   * @throws RaftctlError E_NOT_LEADER, E_NO_QUORUM, and what `checkTransfer` throws, before anything is done; E_TRANSFER_TIMEOUT, which says
   * who leads then
   */
  async transfer(target: number, maxLag: number | undefined, call: CallOptions = {}): Promise<TransferResult> {
    const { core, options } = this.context;
    this.context.requireLeader();
    const startedMs = options.clock();
    const chosen = target === 0 ? this.bestTarget() : target;
    if (chosen === options.id) return this.result(startedMs, true);
    checkTransfer(this.context, chosen, maxLag ?? options.config.maxLagEntries);
    const { term } = core.raft;
    const lastTick = this.context.ticks + options.config.electionTicks * patienceElections;
    core.transferLeader(chosen);
    this.context.wake();
    return this.context.conditions.until(
      () => {
        const { leaderId, leadTransferee, term: now } = core.raft;
        if (leaderId === chosen && now > term) return this.result(startedMs, false);
        const isOver =
          leaderId === options.id ? leadTransferee === 0 || now > term : leaderId !== 0 && leaderId !== chosen;
        if (isOver || this.context.ticks >= lastTick) throw this.notTransferred(chosen, startedMs, term);
        return undefined;
      },
      { signal: call.signal, onAbort: () => this.notTransferred(chosen, startedMs, term) },
    );
  }

  /**
   * Gives the leadership to any voter that takes it: to the best one first, and to the next where that one does not. A transfer that runs
   * already is waited for.
   * @returns who leads then; `to` is 0 where an election is still on
   * @throws RaftctlError E_NOT_LEADER; E_REFUSED with a fact a voter where this node leads on
   */
  async handOver(call: CallOptions = {}): Promise<TransferResult> {
    const { core, options } = this.context;
    const startedMs = options.clock();
    if (!this.context.isLeader) throw this.context.notLeaderError();
    const { term } = core.raft;
    const leadsOn = () => this.context.isLeader && core.raft.term === term;
    await this.until(() => core.raft.leadTransferee === 0 || !leadsOn(), call);
    const failures: string[] = [];
    for (const target of this.candidates()) {
      if (!leadsOn()) break;
      try {
        return await this.transfer(target, undefined, call);
      } catch (thrown) {
        if (!(thrown instanceof RaftctlError) || call.signal?.aborted === true) throw thrown;
        failures.push(thrown.message);
      }
    }
    if (leadsOn()) throw this.nobodyTakesOver(failures);
    await this.until(() => core.raft.leaderId !== 0, call);
    return this.result(startedMs, false);
  }

  /**
   * The voter that is connected, does not decline and has the highest match; of equals the one of the highest priority, and then the lowest
   * id. Voters that are leaving do not count, but for those of `among` where it is given.
   * @throws RaftctlError E_REFUSED where there is none
   */
  bestTarget(among?: ReadonlySet<number>): number {
    const [best] = this.candidates(among);
    if (best === undefined) throw this.nobodyTakesOver([]);
    return best;
  }

  private candidates(among?: ReadonlySet<number>): number[] {
    const { confState } = this.context.applied;
    const connected = this.context.connectedIds();
    const declining = this.context.decliningIds();
    const voters = among === undefined ? confState.voters : [...confState.voters, ...confState.votersOutgoing];
    const priority = (id: number) => this.context.memberById(id)?.priority ?? 0;
    return [...new Set(voters)]
      .filter((id) => id !== this.context.options.id && connected.has(id) && !declining.has(id))
      .filter((id) => among?.has(id) ?? true)
      .sort((a, b) => this.context.matchOf(b) - this.context.matchOf(a) || priority(b) - priority(a) || a - b);
  }

  /** Waits for as long as a transfer may take, and then goes on as it is. */
  private async until(condition: () => boolean, call: CallOptions): Promise<void> {
    const { config, id } = this.context.options;
    const lastTick = this.context.ticks + config.electionTicks * patienceElections;
    await this.context.conditions.until(() => condition() || this.context.ticks >= lastTick || undefined, {
      signal: call.signal,
      onAbort: () =>
        new RaftctlError('E_OUTCOME_UNKNOWN', `the caller did not wait until node ${id} had handed over`, {
          changed: 'unknown',
          hint: 'raftctl status',
        }),
    });
  }

  private result(startedMs: number, unchanged: boolean): TransferResult {
    const { core, options } = this.context;
    const { leaderId: to, term } = core.raft;
    return { from: options.id, to, term, elapsedMs: Math.round(options.clock() - startedMs), unchanged };
  }

  private nobodyTakesOver(failures: readonly string[]): RaftctlError {
    const { id, transport } = this.context.options;
    const declining = this.context.decliningIds();
    const others = transport.links().flatMap((link) => {
      if (!this.context.applied.confState.voters.includes(link.id)) return [];
      if (!link.connected) return `node ${link.id} is not connected: ${link.error || 'no connection'}`;
      return declining.has(link.id) ? `node ${link.id} does not want to lead` : [];
    });
    return new RaftctlError('E_REFUSED', `there is no other voter that node ${id} could hand over to: it leads on`, {
      facts: [...failures, ...others],
      hint: 'raftctl status',
    });
  }

  /** Says what was found when it was looked at again who leads. */
  private notTransferred(target: number, startedMs: number, term: number): RaftctlError {
    const { core, options } = this.context;
    const { leaderId, term: now } = core.raft;
    const after = `${((options.clock() - startedMs) / 1000).toFixed(1)}s`;
    const outcome =
      leaderId === 0
        ? 'nobody leads as far as is known'
        : leaderId === options.id
          ? `node ${leaderId} is still leader`
          : `node ${leaderId} is leader now`;
    const link = options.transport.links().find(({ id }) => id === target);
    return new RaftctlError(
      'E_TRANSFER_TIMEOUT',
      `leadership transfer to node ${target} ended after ${after} — outcome checked: ${outcome}, in term ${now}`,
      {
        facts: [
          leaderId === 0
            ? `leader: none known, term ${now}; it was node ${options.id} in term ${term}`
            : `leader: node ${leaderId}, term ${now}; before: node ${options.id}, term ${term}`,
          `node ${target}: ${link?.connected === true ? 'connected' : link?.error || 'not connected'}`,
        ],
        changed: leaderId === options.id && now === term ? 'no' : leaderId === 0 ? 'unknown' : 'yes',
        hint: `raftctl wait node=${target}:caught-up --timeout 1m && raftctl leader transfer ${target}`,
      },
    );
  }
}
