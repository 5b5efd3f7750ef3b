import type { Command } from '@oclif/core';
import { RaftctlError } from '../base/errors.js';
import type { ChangeMembersRequest, ChangePlan, ChangeRecord } from '../client/index.js';
import { type ChangeData, checkWarning, recordedChange, toChangeData } from './change-data.js';
import { endOf, hasEnded, stillRunning } from './change-end.js';
import { type ChangeFlagValues, type ChangeTarget, changeFlags, toRequest } from './change-flags.js';
import { type Followed, followChange, restingPhases } from './change-follow.js';
import { reportFor } from './change-report.js';
import { rememberedChange } from './change-status.js';
import { ClusterCommand } from './cluster-command.js';
import { canAsk, confirm } from './confirm.js';
import { connectionFlags, outputFlags } from './flags.js';
import { checkJoiners } from './joiner-check.js';
import { changeLine, planText } from './render-plan.js';
import { checkNames } from './wire-names.js';

/** For the plan to come and the change to begin, where its end is not waited for. */
const planTimeoutMs = 30_000;

/** What all commands have in common that change the members: one plan, its checks, its events, one line at the end. */
export abstract class ChangeCommand<C extends typeof Command> extends ClusterCommand<C> {
  static override baseFlags = { ...outputFlags, ...connectionFlags, ...changeFlags };
  static override kind = 'Change';
  static override mutating = true;

  /** Carries the change out as the flags say, and returns what became of it. */
  protected async change(target: ChangeTarget): Promise<ChangeData> {
    return this.send(toRequest(target, this.#changeFlags, this.#changeFlags['dry-run']));
  }

  /** The same, for a request that is whole. */
  protected async send(request: ChangeMembersRequest): Promise<ChangeData> {
    const client = await this.connect();
    if (this.verbose) this.progress(`request ${request.requestId}`);
    await checkJoiners(client, request.peers);
    if (!request.dryRun) await this.#ask(request);
    const followed = await this.#follow((signal) => client.changeMembers(request, signal), request);
    const { plan, last, detached } = followed;
    if (last === undefined) throw new RaftctlError('E_CONN_TIMEOUT', 'no plan came in time');
    if (plan === undefined) return this.#fromRecord(request.requestId, detached);
    const data = toChangeData(plan, last, request.dryRun);
    const failed = data.checks.filter(({ status }) => status === 'fail');
    if (request.dryRun && failed.length > 0) {
      const facts = failed.map(({ id, message }) => `${id}: ${message}`);
      this.fail(new RaftctlError('E_REFUSED', 'the change would be refused', { facts }));
    }
    if (request.dryRun) return data;
    return this.#ended(data, detached);
  }

  /** Follows a change that was begun before and goes on now. */
  protected async goOn({ id, request, from, to }: ChangeRecord): Promise<ChangeData> {
    const client = await this.connect();
    const asked = { requestId: id, dryRun: false, explicitLeave: request?.explicitLeave ?? false };
    const { plan, last, detached } = await this.#follow((signal) => client.changes.watch(id, signal), asked);
    if (plan === undefined || last === undefined) return this.#fromRecord(id, detached);
    return this.#ended(toChangeData({ ...plan, from, to }, last, false), detached);
  }

  #follow(
    open: Parameters<typeof followChange>[0],
    request: Pick<ChangeMembersRequest, 'requestId' | 'dryRun' | 'explicitLeave' | 'promotion'>,
  ): Promise<Followed> {
    const flags = this.#changeFlags;
    const reporting = { quiet: this.quiet || request.dryRun, verbose: this.verbose };
    return followChange(open, {
      id: request.requestId,
      report: reportFor(request.requestId, reporting, process.stderr, process.env),
      wait: flags.wait && flags['wait-timeout'] > 0,
      waitTimeoutMs: flags['wait-timeout'] || planTimeoutMs,
      restsIn: restingPhases(request),
      emit: (document) => this.emit(document),
      onPlan: (made) => this.#warn(made, request.dryRun),
    });
  }

  async #ended(data: ChangeData, detached: boolean): Promise<ChangeData> {
    const { id, phase, from, to } = data;
    if (phase === 'joint' && !detached) {
      this.progress(`to go on: raftctl member change leave ${id}   to go back: raftctl member change abort`);
    }
    if (phase === 'ready' && !detached) {
      const newVoters = to.voters.filter((voter) => !from.voters.includes(voter));
      this.progress(
        `to go on: raftctl member promote ${newVoters.join(' ')}   to go back: raftctl member change abort`,
      );
    }
    if (detached) this.fail(stillRunning(id, phase));
    else if (hasEnded(phase) && phase !== 'done') return this.#fromRecord(id, false);
    return data;
  }

  protected override text(data: ChangeData): string | Promise<string> {
    if (!data.dryRun) return changeLine(data);
    const options = { ...this.tableOptions, style: this.style, cluster: this.cluster };
    return planText(data, options).then((plan) => `${plan}\nDry run: nothing was changed.`);
  }

  protected override names({ id }: ChangeData): readonly string[] {
    return [`change/${id}`];
  }

  get #changeFlags(): ChangeFlagValues {
    return this.values as Readonly<Record<string, unknown>> & ChangeFlagValues;
  }

  /** What the cluster remembers of the change: of one that was begun before, or whose end has a reason. */
  async #fromRecord(id: string, detached: boolean): Promise<ChangeData> {
    const change = await rememberedChange(await this.connect(), id);
    const end = endOf(change);
    // One that is to be left by hand has come as far as it goes by itself.
    if (end !== undefined && (detached || end.code !== 'E_PENDING')) this.fail(end);
    return recordedChange(change);
  }

  #warn({ checks }: ChangePlan, dryRun: boolean): void {
    for (const { id, status, message } of checks) {
      if (checkNames[status] !== 'warn') continue;
      const warning = checkWarning({ id, message });
      if (dryRun) this.note(warning);
      else this.caution(warning);
    }
  }

  /** Asks where a person sits there and a check warns; in a protected context nothing goes without a word. */
  async #ask(request: ChangeMembersRequest): Promise<void> {
    const guarded = this.context?.protected === true;
    if (guarded && request.reason === '') {
      throw new RaftctlError('E_USAGE', `context ${this.context?.name} is protected: a change needs --reason TEXT`);
    }
    if (this.#changeFlags.yes || (!canAsk() && !guarded)) return;
    const client = await this.connect();
    for await (const event of client.changeMembers({ ...request, dryRun: true })) {
      if (event.plan === undefined || event.unchanged) return;
      const data = toChangeData(event.plan, event, true);
      if (!data.checks.some(({ status }) => status === 'warn')) return;
      const where = this.context?.name ?? 'this cluster';
      if (!canAsk()) {
        const hint = 'add --yes';
        throw new RaftctlError('E_NOT_CONFIRMED', `context ${where} is protected and a check warns`, { hint });
      }
      this.progress(await planText(data, { ...this.tableOptions, style: this.style, cluster: this.cluster }));
      await confirm(`Apply to ${where}?`);
      return;
    }
  }
}
