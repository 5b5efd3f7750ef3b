import { RaftctlError } from '../base/errors.js';
import {
  type ChangeMembersRequest,
  type ChangeMembersResponse,
  ChangePhase,
  MemberServiceService as Members,
} from '../gen/raftctl/v1/member.js';
import { type CallSpec, callLeader } from './calls.js';
import type { ClientContext } from './survey.js';

/** A stream that has given its first event. */
interface OpenedChange {
  readonly first: ChangeMembersResponse;
  readonly rest: AsyncGenerator<ChangeMembersResponse>;
}

/** Changes of leader that one change may live through; each costs at least an election. */
const reopenMax = 10;

/**
 * Changes the members, and tells what happens, the plan first. Where the leadership moves on the way (a leader that leaves hands over first)
 * the same request goes to the next leader, which carries on; its plan is not told a second time.
 * @param signal aborted: the events end, the change goes on
 */
export async function* changeMembers(
  context: ClientContext,
  request: ChangeMembersRequest,
  signal?: AbortSignal,
): AsyncGenerator<ChangeMembersResponse> {
  let told = 0;
  let failed: ChangeMembersResponse | undefined;
  for (let opened = 1; ; opened++) {
    // The first plan showed that the configuration was the expected one; since then this very change may have moved it.
    const again = told === 0 ? request : { ...request, ifConfigIndex: 0 };
    try {
      const { first, rest } = await open(context, again, signal);
      if (told === 0 || first.plan === undefined) yield first;
      told += 1;
      for await (const event of rest) {
        // Told only where it is the end: on the next leader the change goes on.
        if (event.phase === ChangePhase.FAILED) failed = event;
        else yield event;
      }
      return;
    } catch (thrown) {
      if (told === 0 || request.dryRun || opened === reopenMax || !movedOn(thrown)) {
        if (failed !== undefined) yield failed;
        throw thrown;
      }
      failed = undefined;
      context.directory.leader = undefined;
      context.settings.onRetry?.(thrown);
    }
  }
}

function movedOn(thrown: unknown): thrown is RaftctlError {
  if (!(thrown instanceof RaftctlError)) return false;
  return thrown.code === 'E_NOT_LEADER' || thrown.code === 'E_OUTCOME_UNKNOWN' || thrown.retryable;
}

/** Finds the leader and waits for the first event, so that who is not the leader is noticed and gone on from. */
async function open(
  context: ClientContext,
  request: ChangeMembersRequest,
  signal: AbortSignal | undefined,
): Promise<OpenedChange> {
  const spec: CallSpec<OpenedChange> = {
    effect: request.dryRun ? 'read' : 'recognised',
    requestId: request.requestId,
    attempt: async (connection, deadlineMs) => {
      // A change may take as long as a node needs to catch up, so the stream has no deadline of its own; the plan comes at once.
      const impatience = new AbortController();
      const timer = setTimeout(() => impatience.abort(), deadlineMs - Date.now());
      const ends = AbortSignal.any(signal === undefined ? [impatience.signal] : [impatience.signal, signal]);
      const rest = connection.serverStream(Members.changeMembers, request, Number.POSITIVE_INFINITY, ends);
      const { value, done } = await rest.next().finally(() => clearTimeout(timer));
      if (!done) return { first: value, rest };
      throw new RaftctlError('E_CONN_TIMEOUT', `${connection.address} told nothing of the change in time`, {
        changed: 'unknown',
        retryable: true,
      });
    },
  };
  return callLeader(context, spec);
}
