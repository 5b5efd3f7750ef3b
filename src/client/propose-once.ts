import type { Session } from '../gen/raftctl/v1/proposal.js';
import { callLeader } from './calls.js';
import type { Method } from './connection.js';
import type { Sessions } from './sessions.js';
import type { ClientContext } from './survey.js';

/** Makes a change with a session of its own, so that however often it is sent it is applied once. */
export async function proposeOnce<Request, Response>(
  context: ClientContext,
  sessions: Sessions,
  method: Method<Request, Response>,
  toRequest: (session: Session) => Request,
): Promise<Response> {
  const session = sessions.open();
  const request = toRequest(session);
  let applied = false;
  try {
    const response = await callLeader(context, {
      effect: 'recognised',
      requestId: sessions.clientId,
      attempt: (connection, deadlineMs) => connection.unary(method, request, deadlineMs),
    });
    applied = true;
    return response;
  } finally {
    sessions.done(session, applied);
  }
}
