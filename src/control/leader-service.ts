import type {
  LeaderServiceServer,
  StepDownRequest,
  StepDownResponse,
  TransferLeaderRequest,
  TransferLeaderResponse,
} from '../gen/raftctl/v1/leader.js';
import type { NodeApi } from '../node/node-api.js';
import type { CallRunner } from './call-runner.js';

/** Moving the leadership on purpose. */
export function leaderService(node: NodeApi, runner: CallRunner): LeaderServiceServer {
  return {
    transferLeader: runner.unary(
      'changes',
      ({ target, maxLag }: TransferLeaderRequest, { signal }): Promise<TransferLeaderResponse> =>
        node.transferLeader(target, maxLag, { signal }),
      ({ target }) => ({
        verb: 'leader transfer',
        target: target === 0 ? 'to the most caught-up voter' : `to node ${target}`,
      }),
    ),
    stepDown: runner.unary(
      'changes',
      async ({ cooldownMs }: StepDownRequest, { signal }): Promise<StepDownResponse> => {
        const { from, to, term, elapsedMs } = await node.stepDown(cooldownMs ?? 0, { signal });
        return { from, to, term, elapsedMs };
      },
      () => ({ verb: 'leader step-down', target: `node ${node.id}` }),
    ),
  };
}
