import type { ClientRole } from '../base/permissions.js';
import { newToken, tokenLine } from '../credentials/index.js';
import { writeNewFile } from './write-new-file.js';

/** `data` of `auth token`: never the token itself. */
export interface TokenData {
  readonly name: string;
  readonly role: ClientRole;
  readonly file: string;
  /** For the token file of the nodes. */
  readonly line: string;
}

/** Makes a token and writes it into a new file. @throws RaftctlError as `writeNewFile` */
export function makeToken(name: string, role: ClientRole, file: string): TokenData {
  const token = newToken();
  writeNewFile(file, `${token}\n`, 0o600);
  return { name, role, file, line: tokenLine(role, name, token) };
}
