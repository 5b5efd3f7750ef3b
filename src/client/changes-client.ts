import { RaftctlError } from '../base/errors.js';
import {
  type AbortChangeRequest,
  type AbortChangeResponse,
  type ChangeMembersResponse,
  type ChangeRecord,
  ChangeResult,
  type GetChangeResponse,
  type LeaveJointResponse,
  MemberServiceService as Members,
  type PromoteChangeRequest,
} from '../gen/raftctl/v1/member.js';
import { callAny, callLeader } from './calls.js';
import type { Connection } from './connection.js';
import { followLeader } from './leader-stream.js';
import { answersOf, type ClientContext, survey } from './survey.js';

/** What became of the wish to take a change back. */
export interface AbortOutcome {
  readonly change: ChangeRecord | undefined;
  /** Nodes that keep the wish for the next leader, because there is none; empty where a leader took it. */
  readonly notedBy: readonly number[];
}

/** Changes of the members that the cluster remembers. An empty id stands for the change that runs, or else the last one. */
export class ChangesClient {
  constructor(private readonly context: ClientContext) {}

  /** What any node remembers, newest first; needs no leader. @param limit 0: all of them */
  async list(limit = 0): Promise<readonly ChangeRecord[]> {
    const { changes } = await callAny(this.context, (node, deadlineMs) =>
      node.unary(Members.listChanges, { limit }, deadlineMs),
    );
    return changes;
  }

  /** One change, and what it waits for; needs no leader, but only a leader knows who has acknowledged what. @throws RaftctlError E_NOT_FOUND */
  get(id = ''): Promise<GetChangeResponse> {
    return callAny(this.context, (node, deadlineMs) => node.unary(Members.getChange, { id }, deadlineMs));
  }

  /** Events of a change from now on, its state first, over changes of leader, until it has ended or the signal is aborted. */
  watch(id = '', signal?: AbortSignal): AsyncGenerator<ChangeMembersResponse> {
    const open = (connection: Connection, ends: AbortSignal) => watchAt(connection, id, ends);
    return followLeader(this.context, { effect: 'read', open }, signal);
  }

  /**
   * Asks to take a change back. The leader keeps the wish in the log; where there is none every node in reach is told, so that whoever
   * leads next knows of it. @throws RaftctlError E_NOT_FOUND, E_CONFLICT where the change has ended before it was asked
   */
  async abort({ id: wanted = '', reason = '', by = '' }: Partial<AbortChangeRequest> = {}): Promise<AbortOutcome> {
    const id = wanted || (await this.#runningId());
    const request = { id, reason, by };
    let maybeTaken = false;
    try {
      const { change, notedOnly } = await callLeader(this.context, {
        effect: 'recognised',
        unknownHint: 'raftctl member change status',
        attempt: (node, deadlineMs) =>
          node.unary(Members.abortChange, request, deadlineMs).catch((thrown: unknown) => {
            maybeTaken ||= thrown instanceof RaftctlError && thrown.changed === 'unknown';
            throw thrown;
          }),
      });
      if (!notedOnly) return { change, notedBy: [] };
      const { settings, directory } = this.context;
      if (settings.node !== undefined) return { change, notedBy: [settings.node] };
      // It led once and has nobody to agree with it: the next leader may be another one.
      directory.leader = undefined;
      return await this.#noteEverywhere(request, new RaftctlError('E_NO_LEADER', 'nobody noted the wish'));
    } catch (thrown) {
      if (!(thrown instanceof RaftctlError)) throw thrown;
      if (maybeTaken && thrown.code === 'E_CONFLICT') return await this.#takenBefore(id, thrown);
      if (!leaderless.has(thrown.code)) throw thrown;
      return this.#noteEverywhere(request, thrown);
    }
  }

  /** The answer to this very wish was lost, and the change is taken back by now: that is no conflict, but its outcome. */
  async #takenBefore(id: string, conflict: RaftctlError): Promise<AbortOutcome> {
    const { change } = await this.get(id);
    if (change?.result !== ChangeResult.ABORTED) throw conflict;
    return { change, notedBy: [] };
  }

  /**
   * Has the new voters promoted of a change that waits for that. The same again changes nothing.
   * @throws RaftctlError E_NOT_FOUND; E_CONFLICT where it does not wait for that
   */
  async promote({
    id = '',
    reason = '',
    by = '',
  }: Partial<PromoteChangeRequest> = {}): Promise<ChangeRecord | undefined> {
    const { change } = await callLeader(this.context, {
      // Without an id it may be another change by the time that it is asked for again.
      effect: id === '' ? 'single' : 'recognised',
      unknownHint: 'raftctl member change status',
      attempt: (node, deadlineMs) => node.unary(Members.promoteChange, { id, reason, by }, deadlineMs),
    });
    return change;
  }

  /** Leaves the joint configuration of a change that was to be left by hand. @throws RaftctlError E_NOT_JOINT, E_CONFLICT for another change's */
  async leave(id = '', requestId = ''): Promise<LeaveJointResponse> {
    const changeId = id || (await this.#runningId());
    return callLeader(this.context, {
      // By its id the next leader knows the change, and whether it has left already: a leader that goes with it hands over on the way.
      effect: changeId === '' ? 'single' : 'recognised',
      unknownHint: 'raftctl status',
      attempt: (node, deadlineMs) => node.unary(Members.leaveJoint, { requestId, changeId }, deadlineMs),
    });
  }

  /** Id of the change that runs; empty where none does. */
  async #runningId(): Promise<string> {
    const [newest] = await this.list(1);
    return newest?.result === ChangeResult.RUNNING ? newest.id : '';
  }

  async #noteEverywhere(request: AbortChangeRequest, why: RaftctlError): Promise<AbortOutcome> {
    const { connections, settings } = this.context;
    const answers = answersOf(await survey(this.context, Date.now() + settings.dialTimeoutMs));
    const deadlineMs = Date.now() + settings.dialTimeoutMs;
    const told: { id: number; response: AbortChangeResponse }[] = [];
    await Promise.all(
      answers.map(async ({ address, status: { id } }) => {
        try {
          told.push({ id, response: await connections.to(address).unary(Members.abortChange, request, deadlineMs) });
        } catch (thrown) {
          settings.onRetry?.(thrown instanceof RaftctlError ? thrown : why);
        }
      }),
    );
    if (told.length === 0) throw why;
    const taken = told.find(({ response }) => !response.notedOnly);
    if (taken !== undefined) return { change: taken.response.change, notedBy: [] };
    const change = told.find(({ response }) => response.change !== undefined)?.response.change;
    return { change, notedBy: told.map(({ id }) => id).sort((a, b) => a - b) };
  }
}

/** Errors that say that nobody leads, or led long enough to answer. */
const leaderless: ReadonlySet<string> = new Set(['E_NO_LEADER', 'E_NO_QUORUM', 'E_NOT_LEADER', 'E_OUTCOME_UNKNOWN']);

async function* watchAt(connection: Connection, id: string, ends: AbortSignal): AsyncGenerator<ChangeMembersResponse> {
  const events = connection.serverStream(Members.watchChange, { id }, Number.POSITIVE_INFINITY, ends);
  for await (const { event } of events) if (event !== undefined) yield event;
}
