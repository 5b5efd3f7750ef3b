import { timingSafeEqual } from 'node:crypto';
import { isClientName } from '../base/certificate-identity.js';
import { RaftctlError } from '../base/errors.js';
import { type ClientRole, clientRoles, isClientRole } from '../base/permissions.js';
import { isToken, tokenHash } from '../credentials/index.js';

/** Tokens that a node may know. */
export const tokensMax = 1000;

/** Whose a token is. */
export interface TokenOwner {
  readonly name: string;
  readonly role: ClientRole;
}

interface KnownToken extends TokenOwner {
  readonly hash: Buffer;
}

/**
 * The tokens that a node takes, each as its hash: who reads the file cannot make a call with it. A plain hash is enough, because a token is random
 * and not a password that can be guessed.
 */
export class TokenBook {
  private constructor(private readonly tokens: readonly KnownToken[]) {}

  /**
   * Reads lines of role, name and hash; empty ones, and those that begin with `#`, say nothing.
   * @param file named in errors
   * @throws RaftctlError E_USAGE with the number of the line
   */
  static parse(text: string, file: string): TokenBook {
    const tokens: KnownToken[] = [];
    for (const [at, line] of text.split('\n').entries()) {
      if (line.trim() === '' || line.startsWith('#')) continue;
      const [role = '', name = '', hash = '', ...more] = line.trim().split(/\s+/);
      if (!isClientRole(role) || !isClientName(name) || !/^[0-9a-f]{64}$/.test(hash) || more.length > 0) {
        throw new RaftctlError('E_USAGE', `${file}, line ${at + 1}: must be a role, a name and a hash`, {
          facts: [`roles: ${clientRoles.join(', ')}`],
          hint: 'raftctl auth token NAME --role ROLE --out FILE prints such a line',
        });
      }
      tokens.push({ role, name, hash: Buffer.from(hash, 'hex') });
    }
    if (tokens.length > tokensMax) throw new RaftctlError('E_USAGE', `${file} has more than ${tokensMax} tokens`);
    return new TokenBook(tokens);
  }

  /** Whose a token is; undefined for one that is not known. Looks at all of them, however early one fits. */
  ownerOf(token: string): TokenOwner | undefined {
    if (!isToken(token)) return undefined;
    const hash = tokenHash(token);
    let owner: TokenOwner | undefined;
    for (const known of this.tokens) if (timingSafeEqual(known.hash, hash)) owner = known;
    return owner;
  }
}
