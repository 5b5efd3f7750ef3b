import {
  type Metadata,
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  ServerListenerBuilder,
  status,
} from '@grpc/grpc-js';
import { RaftctlError } from '../base/errors.js';
import { isAllowed, type Permission, permissionOf } from '../base/permissions.js';
import type { QuietLog } from '../base/quiet-log.js';
import type { Caller, Callers } from './callers.js';
import { toStatus } from './error-status.js';

/** Who judges calls, and who is told of those that are refused. */
export interface AuthorizationOptions {
  readonly callers: Callers;
  readonly log: QuietLog;
  /** Counts a refusal. */
  readonly onDenied: (code: string) => void;
}

/**
 * Refuses every call that its caller may not make, of all services of a server, before its message is read. What is not in the table of
 * permissions is refused to everybody.
 */
export function authorizing(options: AuthorizationOptions): ServerInterceptor {
  return ({ path }, call) => {
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        const refusal = judge(path, call, metadata, options);
        if (refusal === undefined) next(metadata);
        else call.sendStatus(refusal);
      })
      .build();
    return new ServerInterceptingCall(call, new ResponderBuilder().withStart((next) => next(listener)).build());
  };
}

function judge(
  path: string,
  call: ServerInterceptingCallInterface,
  metadata: Metadata,
  { callers, log, onDenied }: AuthorizationOptions,
): Parameters<ServerInterceptingCallInterface['sendStatus']>[0] | undefined {
  const permission = permissionOf(path);
  const from = call.getPeer();
  let caller: Caller | undefined;
  let error: RaftctlError;
  try {
    caller = callers.of({ metadata, getPeer: () => from, getAuthContext: () => call.getAuthContext() });
    if (mayCall(caller, permission, callers)) return undefined;
    error = refusalOf(path.slice(1), caller, permission);
  } catch (thrown) {
    if (permission === 'anyone') return undefined;
    if (!(thrown instanceof RaftctlError)) throw thrown;
    error = thrown;
  }
  const who = caller?.name ?? 'unknown';
  log.warn(`denied ${who} ${error.message}`, 'call denied', { method: path, who, from, reason: error.message });
  onDenied(error.code);
  const { details = error.message, metadata: trailer, ...rest } = toStatus(error);
  const code = caller?.standing === undefined ? status.UNAUTHENTICATED : (rest.code ?? status.PERMISSION_DENIED);
  return { code, details, metadata: trailer ?? null };
}

/** Without TLS a node cannot show who it is: what nodes say to each other is then taken from anybody. */
function mayCall({ standing }: Caller, permission: Permission | undefined, { clusterId }: Callers): boolean {
  return isAllowed(standing, permission) || (permission === 'node' && clusterId === undefined);
}

function refusalOf(method: string, { name, standing, identity, from }: Caller, permission: Permission | undefined) {
  const facts = [`you are ${name}: ${identity}`, `from ${from}`];
  if (permission === undefined) return new RaftctlError('E_PERMISSION', `${method} is nobody's to call`, { facts });
  if (permission === 'node') {
    return new RaftctlError('E_PERMISSION', `${method} is for the nodes of the cluster alone`, { facts });
  }
  if (standing === undefined) {
    return new RaftctlError(
      'E_PERMISSION',
      `${method} needs the role ${permission}, and you have not said who you are`,
      {
        facts,
        hint: 'show a certificate (--cert FILE --key FILE) or a token (--token-file FILE)',
      },
    );
  }
  return new RaftctlError('E_PERMISSION', `${method} needs the role ${permission}, and ${name} has ${standing}`, {
    facts,
    hint: 'raftctl auth can-i --list',
  });
}
