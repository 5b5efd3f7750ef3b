import { createHash, randomBytes } from 'node:crypto';

/** Random bytes of a token: 256 bits, so that nobody guesses one and a plain hash hides it. */
const tokenBytes = 32;

/** Whether this has the form of a token: its bytes in the URL-safe alphabet of base64. */
export function isToken(text: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(text);
}

/** A new token. */
export function newToken(): string {
  return randomBytes(tokenBytes).toString('base64url');
}

/** A random id for a cluster: 128 bits. */
export function newClusterId(): string {
  return randomBytes(16).toString('hex');
}

/** What nodes keep of a token, 32 bytes. */
export function tokenHash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** The line of a node's token file by which it knows a token. */
export function tokenLine(role: string, name: string, token: string): string {
  return `${role} ${name} ${tokenHash(token).toString('hex')}`;
}
