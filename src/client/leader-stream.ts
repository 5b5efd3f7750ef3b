import { RaftctlError } from '../base/errors.js';
import { type ChangeMembersResponse, ChangePhase } from '../gen/raftctl/v1/member.js';
import { type CallSpec, callLeader } from './calls.js';
import type { Connection } from './connection.js';
import type { ClientContext } from './survey.js';

/** Events of a change of the members, which the leader of the moment tells. */
export interface LeaderStream {
  readonly effect: CallSpec<never>['effect'];
  /** By what a repetition of the call is known again. */
  readonly requestId?: string;
  open(connection: Connection, signal: AbortSignal): AsyncGenerator<ChangeMembersResponse>;
}

/** A stream that has told its first event. */
interface OpenedStream {
  readonly first: ChangeMembersResponse;
  readonly rest: AsyncGenerator<ChangeMembersResponse>;
}

/** Times that a stream without a signal is opened again; each costs at least an election. */
const reopenMax = 10;

const lastPhases: ReadonlySet<ChangePhase> = new Set([ChangePhase.DONE, ChangePhase.FAILED, ChangePhase.ABORTED]);

/**
 * Tells the events of a stream, and where the leadership moves on the way those of the next leader, which carries the change on; a plan is
 * told once. Where nobody leads for a while it waits, until somebody does or the signal is aborted.
 * @param signal aborted: the events end, the change goes on
 * @throws RaftctlError where there never was a first event, or the change has ended in this error
 */
export async function* followLeader(
  context: ClientContext,
  stream: LeaderStream,
  signal: AbortSignal | undefined,
): AsyncGenerator<ChangeMembersResponse> {
  let told = 0;
  let ended = false;
  for (let opened = 1; ; opened++) {
    try {
      const { first, rest } = await open(context, stream, signal);
      if (told === 0 || first.plan === undefined) yield first;
      told += 1;
      ended = lastPhases.has(first.phase);
      for await (const event of rest) {
        yield event;
        ended = lastPhases.has(event.phase);
      }
      return;
    } catch (thrown) {
      if (told > 0 && signal?.aborted) return;
      const last = signal === undefined && opened === reopenMax;
      if (told === 0 || ended || last || !hasMovedOn(thrown)) throw thrown;
      context.directory.leader = undefined;
      context.settings.onRetry?.(thrown);
    }
  }
}

function hasMovedOn(thrown: unknown): thrown is RaftctlError {
  if (!(thrown instanceof RaftctlError)) return false;
  return thrown.code === 'E_NOT_LEADER' || thrown.code === 'E_OUTCOME_UNKNOWN' || thrown.retryable;
}

/** Finds the leader and waits for the first event, so that who is not the leader is noticed and gone on from. */
function open(
  context: ClientContext,
  { effect, requestId, open: openAt }: LeaderStream,
  signal: AbortSignal | undefined,
): Promise<OpenedStream> {
  return callLeader(context, {
    effect,
    ...(requestId === undefined ? {} : { requestId }),
    attempt: async (connection, deadlineMs) => {
      if (signal?.aborted) throw new RaftctlError('E_PENDING', 'nobody waits for it any more');
      // A change may take as long as a node needs to catch up, so the stream has no deadline of its own; the first event comes at once.
      const impatience = new AbortController();
      const timer = setTimeout(() => impatience.abort(), deadlineMs - Date.now());
      const ends = AbortSignal.any(signal === undefined ? [impatience.signal] : [impatience.signal, signal]);
      const rest = openAt(connection, ends);
      const { value, done } = await rest.next().finally(() => clearTimeout(timer));
      if (!done) return { first: value, rest };
      throw new RaftctlError('E_CONN_TIMEOUT', `${connection.address} told nothing of the change in time`, {
        changed: 'unknown',
        retryable: true,
      });
    },
  });
}
