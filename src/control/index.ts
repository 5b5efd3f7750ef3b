/**
 * The control plane: what clients and the command line say to a node over gRPC.
 *
 *     client ═══gRPC═══► authorizing ─► CallRunner ─► one service a file ─► NodeApi
 *                                       │ deadline and cancellation → one AbortSignal
 *                                       └ whatever is thrown        → status + ErrorDetail (error-status.ts, the one table)
 *
 * Who may call what is one table (base/permissions.ts), held against each call by `authorization.ts` before its message is read; `callers.ts`
 * tells who calls.
 *
 * A service is thin: it checks the shape of a request (what can be said of it without knowing the cluster), awaits one call of the
 * node and answers. Whether the cluster can do what is asked is for the node to say.
 *
 * Must never: know how the node does it, touch disk or peers, forward a call to another node, or retry one. All retrying in the
 * product lives in the client.
 *
 * Read next: call-runner.ts, then kv-service.ts as the pattern of a service, then propose-stream.ts for back-pressure.
 */
export { type AuthorizationOptions, authorizing } from './authorization.js';
export type { CallLimits } from './call-runner.js';
export { Callers } from './callers.js';
export { addControlServices, type ControlOptions, type ControlServices } from './control-services.js';
export { errorDetailKey, toStatus } from './error-status.js';
export { TokenBook } from './token-book.js';
export { untilDeadline } from './until-deadline.js';
