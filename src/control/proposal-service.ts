import {
  CommandKind,
  type ProposalServiceServer,
  type ProposeRequest,
  type ProposeResponse,
  type ProposeStreamRequest,
  type ProposeStreamResponse,
  type QueryRequest,
  type QueryResponse,
} from '../gen/raftctl/v1/proposal.js';
import type { NodeApi, Proposal } from '../node/node-api.js';
import type { CallRunner, Duplex } from './call-runner.js';
import { ProposeStream } from './propose-stream.js';
import { badField, checkSession, readConsistency } from './request-checks.js';

/** Proposals and queries in whatever form the state machine has. */
export function proposalService(node: NodeApi, runner: CallRunner): ProposalServiceServer {
  return {
    propose: runner.unary('changes', (request: ProposeRequest, { signal }): Promise<ProposeResponse> => {
      return node.propose(readProposal(request), { signal });
    }),
    proposeStream: runner.duplex('changes', (call: Duplex<ProposeStreamRequest, ProposeStreamResponse>, { signal }) =>
      new ProposeStream(call, signal, {
        propose: async (request, options) => node.propose(readProposal(request), options),
        explain: (thrown) => runner.explain(thrown),
        deadlineMs: runner.limits.unaryDefaultMs,
      }).run(),
    ),
    query: runner.unary('reads', (request: QueryRequest, { signal }): Promise<QueryResponse> => {
      return node.query(request.query, readConsistency(request.consistency), { signal });
    }),
  };
}

function readProposal({ kind, payload, session }: Pick<ProposeRequest, 'kind' | 'payload' | 'session'>): Proposal {
  if (kind !== CommandKind.RAW && kind !== CommandKind.MACHINE) throw badField('kind', 'must be RAW or MACHINE');
  checkSession(session);
  return { kind, payload, session };
}
