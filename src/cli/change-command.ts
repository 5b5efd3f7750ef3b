import { randomUUID } from 'node:crypto';
import { type Command, Flags } from '@oclif/core';
import { RaftctlError } from '../base/errors.js';
import type { ChangeMembersRequest, ChangeMembersResponse, ChangePlan } from '../client/index.js';
import { type ChangeData, toChangeData } from './change-data.js';
import { ClusterCommand } from './cluster-command.js';
import { canAsk, confirm } from './confirm.js';
import { connectionFlags, durationFlag, outputFlags, requestIdFlag } from './flags.js';
import { checkJoiners } from './joiner-check.js';
import { changeLine, planText } from './render-plan.js';
import { escapeControl } from './style.js';
import { phaseNames } from './wire-names.js';

/** What every change of the members understands. */
const changeFlags = {
  'dry-run': Flags.boolean({ description: 'let the server plan and check, and change nothing', helpGroup: 'CHANGE' }),
  yes: Flags.boolean({ char: 'y', description: 'do not ask when a check warns', helpGroup: 'CHANGE' }),
  'accept-risk': Flags.string({
    description: 'id of a check that may fail',
    helpValue: 'CHECK',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
    helpGroup: 'CHANGE',
  }),
  'if-config-index': Flags.integer({
    description: 'refuse unless this is the index of the configuration',
    min: 1,
    helpValue: 'N',
    helpGroup: 'CHANGE',
  }),
  'request-id': requestIdFlag({
    description: 'id of this change, 1 to 64 bytes: a retry with the same one is the same change',
    helpGroup: 'CHANGE',
  }),
  reason: Flags.string({ description: 'why, for the log', helpValue: 'TEXT', helpGroup: 'CHANGE' }),
  'max-lag': Flags.integer({
    description: 'entries that a new voter may lag behind when it is promoted',
    min: 1,
    helpValue: 'N',
    helpGroup: 'CHANGE',
  }),
  wait: Flags.boolean({
    description: 'wait for the end of the change',
    default: true,
    allowNo: true,
    helpGroup: 'CHANGE',
  }),
  'wait-timeout': durationFlag({
    description: 'longest time to wait; the change goes on afterwards',
    default: 300_000,
    defaultHelp: async () => '5m',
    helpGroup: 'CHANGE',
  }),
};

/** What a change is to make of the cluster; the rest of the request comes from the flags. */
export type ChangeTarget = Pick<ChangeMembersRequest, 'voters' | 'learners'> &
  Partial<Pick<ChangeMembersRequest, 'peers' | 'explicitLeave' | 'ifConfigIndex'>>;

/** Values of the change flags. */
interface ChangeFlagValues {
  readonly 'dry-run': boolean;
  readonly yes: boolean;
  readonly 'accept-risk'?: string[];
  readonly 'if-config-index'?: number;
  readonly 'request-id'?: string;
  readonly reason?: string;
  readonly 'max-lag'?: number;
  readonly wait: boolean;
  readonly 'wait-timeout': number;
}

/** What all commands have in common that change the members: one plan, its checks, its events, one line at the end. */
export abstract class ChangeCommand<C extends typeof Command> extends ClusterCommand<C> {
  static override baseFlags = { ...outputFlags, ...connectionFlags, ...changeFlags };
  static override kind = 'Change';
  static override mutating = true;

  /** Carries the change out as the flags say, and returns what became of it. */
  protected async change(target: ChangeTarget): Promise<ChangeData> {
    const flags = this.#changeFlags;
    const client = await this.connect();
    const request: ChangeMembersRequest = {
      peers: [],
      explicitLeave: false,
      ifConfigIndex: flags['if-config-index'] ?? 0,
      ...target,
      dryRun: flags['dry-run'],
      requestId: flags['request-id'] ?? randomUUID(),
      reason: flags.reason ?? '',
      maxLag: flags['max-lag'] ?? 0,
      acceptRisks: flags['accept-risk'] ?? [],
    };
    if (this.verbose) this.progress(`request ${request.requestId}`);
    await checkJoiners(client, request.peers);
    if (!request.dryRun) await this.#ask(request);
    const stop = new AbortController();
    const detach = () => {
      this.progress('\ndetached: the change goes on. Look at it with: raftctl status');
      process.exit(interruptedExit);
    };
    process.once('SIGINT', detach);
    const timer = setTimeout(() => stop.abort(), flags['wait-timeout']);
    try {
      return await this.#follow(client.changeMembers(request, stop.signal), request, stop);
    } finally {
      clearTimeout(timer);
      process.off('SIGINT', detach);
    }
  }

  protected override text(data: ChangeData): string | Promise<string> {
    if (!data.dryRun) return changeLine(data);
    const options = { ...this.tableOptions, style: this.style, cluster: this.cluster };
    return planText(data, options).then((plan) => `${plan}\nDry run: nothing was changed.`);
  }

  protected override names({ to }: ChangeData): readonly string[] {
    return [...to.voters, ...to.learners].sort((a, b) => a - b).map((id) => `member/${id}`);
  }

  get #changeFlags(): ChangeFlagValues {
    return this.values as Readonly<Record<string, unknown>> & ChangeFlagValues;
  }

  async #follow(
    events: AsyncIterable<ChangeMembersResponse>,
    request: ChangeMembersRequest,
    stop: AbortController,
  ): Promise<ChangeData> {
    const flags = this.#changeFlags;
    let plan: ChangePlan | undefined;
    let last: ChangeMembersResponse | undefined;
    let told = '';
    for await (const event of events) {
      last = event;
      await this.emit(toEventDocument(event));
      if (event.plan !== undefined) {
        plan = event.plan;
        this.#warn(plan, request);
      } else if (event.text !== told) {
        told = event.text;
        this.progress(`  ${phaseNames[event.phase].padEnd(phaseWidth)}  ${escapeControl(event.text)}`);
      }
      // Planned is not begun: a leader that leaves hands over before it begins, and this client then follows to the next one.
      if (!flags.wait && event.plan === undefined) stop.abort();
    }
    if (plan === undefined || last === undefined) throw new RaftctlError('E_CONN_TIMEOUT', 'no plan came in time');
    const data = toChangeData(plan, last, request.dryRun);
    const failed = data.checks.filter(({ status }) => status === 'fail');
    if (request.dryRun && failed.length > 0) {
      const facts = failed.map(({ id, message }) => `${id}: ${message}`);
      this.fail(new RaftctlError('E_REFUSED', 'the change would be refused', { facts }));
    } else if (stop.signal.aborted && data.phase !== 'done') {
      this.fail(
        new RaftctlError('E_PENDING', `change ${data.id} goes on; last seen: ${data.phase}`, {
          changed: 'unknown',
          hint: 'raftctl wait config=stable, or the same command again with the same --request-id',
        }),
      );
    }
    return data;
  }

  #warn(plan: ChangePlan, { dryRun }: ChangeMembersRequest): void {
    for (const { id, status, message } of toChangeData(plan, neverSeen, dryRun).checks) {
      if (status !== 'warn') continue;
      const warning = { code: `W_${id.replaceAll('-', '_').toUpperCase()}`, message: `${id}: ${message}` };
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
    for await (const { plan, unchanged } of client.changeMembers({ ...request, dryRun: true })) {
      if (plan === undefined || unchanged) return;
      const data = toChangeData(plan, neverSeen, true);
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

/** As a shell shows a process that SIGINT ended. */
const interruptedExit = 130;
const phaseWidth = Math.max(...Object.values(phaseNames).map(({ length }) => length));

/** Stands for the last event where only the plan is looked at. */
const neverSeen: ChangeMembersResponse = {
  changeId: '',
  phase: 1,
  text: '',
  catchUp: [],
  configIndex: 0,
  unchanged: false,
  quorums: [],
};

function toEventDocument({ changeId, phase, text, catchUp }: ChangeMembersResponse): Readonly<Record<string, unknown>> {
  const nodes = catchUp.map(({ id, match, lag, state }) => ({ node: id, match, lag, state }));
  return { kind: 'ChangeEvent', changeId, phase: phaseNames[phase], text, nodes, ts: new Date().toISOString() };
}
