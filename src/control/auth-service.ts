import { isAllowed, permissionOf } from '../base/permissions.js';
import type {
  AuthServiceServer,
  CanIRequest,
  CanIResponse,
  WhoAmIRequest,
  WhoAmIResponse,
} from '../gen/raftctl/v1/auth.js';
import type { NodeApi } from '../node/node-api.js';
import type { CallRunner } from './call-runner.js';
import { badField } from './request-checks.js';

/** Methods that one call may ask for. */
const methodsMax = 200;

/** Who a caller is here, and what it may do. */
export function authService(node: NodeApi, runner: CallRunner): AuthServiceServer {
  return {
    whoAmI: runner.unary('reads', (_: WhoAmIRequest, { caller }): WhoAmIResponse => {
      const { name, standing, via, identity, from, expiresMs } = caller;
      return { nodeId: node.id, name, role: standing ?? '', via, identity, from, expiresMs };
    }),
    canI: runner.unary('reads', ({ methods }: CanIRequest, { caller }): CanIResponse => {
      if (methods.length > methodsMax) throw badField('methods', `must be at most ${methodsMax}`);
      return {
        permissions: methods.map((method) => {
          const permission = permissionOf(`/${method}`);
          return { method, allowed: isAllowed(caller.standing, permission), needs: permission ?? '' };
        }),
      };
    }),
  };
}
