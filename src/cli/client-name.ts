import { isClientName } from '../base/certificate-identity.js';
import { RaftctlError } from '../base/errors.js';
import { type ClientRole, clientRoles, isClientRole } from '../base/permissions.js';

/** @throws RaftctlError E_USAGE for what can be no name of a client */
export function parseClientName(text: string): string {
  if (isClientName(text)) return text;
  throw new RaftctlError('E_USAGE', `"${text}" is no name: it must be 1 to 64 letters, digits and . _ @ -`);
}

/** @throws RaftctlError E_USAGE for a role that there is not */
export function parseClientRole(text: string): ClientRole {
  if (isClientRole(text)) return text;
  throw new RaftctlError('E_USAGE', `there is no role "${text}"`, { facts: [`roles: ${clientRoles.join(', ')}`] });
}
