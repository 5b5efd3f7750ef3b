import { RaftctlError } from '../base/errors.js';
import type { DrainResponse, SetElectionsResponse, UndrainResponse } from '../gen/raftctl/v1/node.js';
import type { Candidacy } from './candidacy.js';
import type { Leadership } from './leadership.js';
import type { CallOptions, TransferResult } from './node-api.js';
import { type NodeContext, stoppedError } from './node-context.js';
import type { NodeSettings } from './ports.js';
import type { RunningCalls } from './running-calls.js';

/** How a node withdraws from leading, and comes back: drained, elections paused, or stepped down for a while. */
export class Draining {
  constructor(
    private readonly context: NodeContext,
    private readonly candidacy: Candidacy,
    private readonly leadership: Leadership,
    private readonly calls: RunningCalls,
  ) {}

  /**
   * Withdraws for good, and waits until the calls have ended that the node had taken by then. The same again waits again.
   * @throws RaftctlError E_REFUSED where nobody else can lead, or nobody takes the leadership over: then nothing is changed; E_PENDING where
   * the caller did not wait for the calls; E_CONFLICT where the drain was lifted meanwhile
   */
  async drain(call: CallOptions = {}): Promise<DrainResponse> {
    const { options } = this.context;
    const startedMs = options.clock();
    const unchanged = this.candidacy.settings.drained;
    await this.withdraw('drained', call);
    await this.callsEnded(call.signal);
    if (!this.candidacy.settings.drained) {
      throw new RaftctlError('E_CONFLICT', `the drain of node ${options.id} was lifted while it was under way`);
    }
    const elapsedMs = Math.round(options.clock() - startedMs);
    return { leader: this.context.core.raft.leaderId, elapsedMs, unchanged };
  }

  /** Lifts the drain, and nothing else. */
  async undrain(): Promise<UndrainResponse> {
    const unchanged = !this.candidacy.settings.drained;
    if (!unchanged) await this.candidacy.save({ drained: false });
    return { unchanged };
  }

  /** Pauses elections, a leader hands over first; or lifts the pause, and nothing else. @throws RaftctlError E_REFUSED as `drain` */
  async setElections(paused: boolean, call: CallOptions = {}): Promise<SetElectionsResponse> {
    const unchanged = this.candidacy.settings.electionsPaused === paused;
    if (paused) await this.withdraw('electionsPaused', call);
    else if (!unchanged) await this.candidacy.save({ electionsPaused: false });
    return { unchanged, leader: this.context.core.raft.leaderId };
  }

  /**
   * Hands over, and does not campaign for a while from then on.
   * @param cooldownMs counted in ticks; a restart ends it
   * @throws RaftctlError as `Leadership.handOver`
   */
  async stepDown(cooldownMs: number, call: CallOptions = {}): Promise<TransferResult> {
    this.context.requireLeader();
    // From the beginning: whoever took over might fail before this node has seen that it did.
    this.candidacy.hold();
    try {
      return await this.leadership.handOver(call);
    } finally {
      this.candidacy.coolDown(this.context.isLeader ? 0 : cooldownMs);
    }
  }

  /** Sets what keeps this node from campaigning, and hands over where it leads. It is taken back where nobody takes over. */
  private async withdraw(setting: keyof NodeSettings, call: CallOptions): Promise<void> {
    if (this.context.stopping) throw stoppedError();
    const { settings } = this.candidacy;
    if (!settings.drained && !settings.electionsPaused) this.requireOtherCandidate();
    if (!settings[setting]) await this.candidacy.save({ [setting]: true });
    if (!this.context.isLeader) return;
    try {
      await this.leadership.handOver(call);
    } catch (thrown) {
      if (!this.context.isLeader) return;
      await this.candidacy.save({ [setting]: false });
      throw thrown;
    }
  }

  /** A cluster in which nobody may campaign has no leader soon, however many nodes are up. */
  private requireOtherCandidate(): void {
    const { options, applied } = this.context;
    const { voters, votersOutgoing } = applied.confState;
    if (!voters.includes(options.id) && !votersOutgoing.includes(options.id)) return;
    const declining = this.context.decliningIds();
    const others = voters.filter((id) => id !== options.id);
    if (others.some((id) => !declining.has(id))) return;
    throw new RaftctlError(
      'E_REFUSED',
      others.length === 0
        ? `node ${options.id} is the only voter: nobody else could lead, and writes would stop`
        : `no other voter wants to lead: with node ${options.id} nobody would, and writes would stop`,
      {
        facts: others.map(
          (id) => `node ${id} is drained, its elections are paused, its disk has no room, or it has just stepped down`,
        ),
        hint: others.length === 0 ? 'raftctl member add' : `raftctl node undrain ${others[0]}`,
      },
    );
  }

  private async callsEnded(signal: AbortSignal | undefined): Promise<void> {
    let onAbort = () => {};
    const cutOff = new Promise<never>((_, reject) => {
      onAbort = () =>
        reject(
          new RaftctlError(
            'E_PENDING',
            `node ${this.context.options.id} is drained, but ${this.calls.count} calls still run on it`,
            { changed: 'yes', hint: `raftctl node drain ${this.context.options.id}` },
          ),
        );
      if (signal?.aborted === true) onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
    });
    try {
      await Promise.race([this.calls.ended(), cutOff]);
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }
}
