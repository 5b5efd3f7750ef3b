import { RaftctlError } from '../base/errors.js';
import { CommandKind, type Consistency, type Session } from '../gen/raftctl/v1/proposal.js';
import type { NodeApi, ProposalResult, QueryResult } from '../node/node-api.js';
import type { CallContext } from './call-runner.js';
import { checkSession, readConsistency } from './request-checks.js';

/** Refuses a call that is meant for another state machine than the one that the node runs. */
function requireMachine(node: NodeApi, wanted: string): void {
  if (node.stateMachine === wanted) return;
  throw new RaftctlError(
    'E_WRONG_STATE_MACHINE',
    `the call is for the state machine ${wanted}, and this cluster runs ${node.stateMachine}`,
  );
}

/** Commands and queries of one state machine's own service. */
export interface MachineCalls {
  propose(payload: Uint8Array, session: Session | undefined, context: CallContext): Promise<ProposalResult>;
  query(query: Uint8Array, consistency: Consistency, context: CallContext): Promise<QueryResult>;
}

/** The calls of the service of `machine`; each is refused with E_WRONG_STATE_MACHINE on a node that runs another one. */
export function machineCalls(node: NodeApi, machine: string): MachineCalls {
  return {
    async propose(payload, session, { signal }) {
      requireMachine(node, machine);
      checkSession(session);
      return node.propose({ kind: CommandKind.MACHINE, payload, session }, { signal });
    },
    async query(query, consistency, { signal }) {
      requireMachine(node, machine);
      return node.query(query, readConsistency(consistency), { signal });
    },
  };
}
