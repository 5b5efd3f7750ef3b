import type { Session } from '../gen/raftctl/v1/proposal.js';
import {
  type CompareAndWriteRequest,
  type CompareAndWriteResponse,
  type ReadRequest,
  type ReadResponse,
  RegisterCommand,
  type RegisterExpectation,
  RegisterResult,
  type RegisterServiceServer,
  RegisterValue,
  type WriteRequest,
  type WriteResponse,
} from '../gen/raftctl/v1/register.js';
import type { NodeApi } from '../node/node-api.js';
import type { CallContext, CallRunner } from './call-runner.js';
import { machineCalls } from './machine-calls.js';
import { badField } from './request-checks.js';

/** The machine has one thing to ask for. */
const readQuery = new Uint8Array(0);

/** The register machine over gRPC: encodes commands, decodes what the machine answers. */
export function registerService(node: NodeApi, runner: CallRunner): RegisterServiceServer {
  const machine = machineCalls(node, 'register');

  const command = async (wanted: RegisterCommand, session: Session | undefined, context: CallContext) => {
    const { index, term, result } = await machine.propose(RegisterCommand.encode(wanted).finish(), session, context);
    return { index, term, result: RegisterResult.decode(result) };
  };

  return {
    read: runner.unary('reads', async ({ consistency }: ReadRequest, context): Promise<ReadResponse> => {
      const { index, result } = await machine.query(readQuery, consistency, context);
      return { value: RegisterValue.decode(result), index };
    }),
    write: runner.unary('changes', async ({ value, session }: WriteRequest, context): Promise<WriteResponse> => {
      const { index, term, result } = await command({ value, expect: undefined }, session, context);
      return { index, term, version: result.version, prev: result.prev };
    }),
    compareAndWrite: runner.unary(
      'changes',
      async ({ expect, value, session }: CompareAndWriteRequest, context): Promise<CompareAndWriteResponse> => {
        checkExpectation(expect);
        const { index, term, result } = await command({ value, expect }, session, context);
        return { index, term, swapped: result.applied, version: result.version, prev: result.prev };
      },
    ),
  };
}

function checkExpectation(expect: RegisterExpectation | undefined): void {
  if (expect?.condition === undefined) throw badField('expect', 'must say version or value');
}
