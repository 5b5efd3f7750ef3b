import { AuthServiceService as Auth, type MethodPermission, type WhoAmIResponse } from '../gen/raftctl/v1/auth.js';
import { callAny } from './calls.js';
import type { ClientContext } from './survey.js';

/** Who this client is to the cluster. */
export function whoAmI(context: ClientContext): Promise<WhoAmIResponse> {
  return callAny(context, (node, deadlineMs) => node.unary(Auth.whoAmI, {}, deadlineMs));
}

/** Which of these methods, as `raftctl.v1.KvService/Get`, this client may call; in the same order. */
export async function canI(context: ClientContext, methods: readonly string[]): Promise<readonly MethodPermission[]> {
  const request = { methods: [...methods] };
  const { permissions } = await callAny(context, (node, deadlineMs) => node.unary(Auth.canI, request, deadlineMs));
  return permissions;
}
