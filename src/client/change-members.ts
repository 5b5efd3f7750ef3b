import {
  type ChangeMembersRequest,
  type ChangeMembersResponse,
  MemberServiceService as Members,
} from '../gen/raftctl/v1/member.js';
import type { Connection } from './connection.js';
import { followLeader } from './leader-stream.js';
import type { ClientContext } from './survey.js';

/**
 * Changes the members, and tells what happens, the plan first. Where the leadership moves on the way the same request goes to the next
 * leader, which knows by its id what became of it: it carries on by itself, and is not asked for a second time.
 * @param signal aborted: the events end, the change goes on
 */
export function changeMembers(
  context: ClientContext,
  request: ChangeMembersRequest,
  signal?: AbortSignal,
): AsyncGenerator<ChangeMembersResponse> {
  const stream = {
    effect: request.dryRun ? ('read' as const) : ('recognised' as const),
    requestId: request.requestId,
    open: (connection: Connection, ends: AbortSignal) =>
      connection.serverStream(Members.changeMembers, request, Number.POSITIVE_INFINITY, ends),
  };
  return followLeader(context, stream, signal);
}
