/** Wrong tokens that one address may show within a window; after them none is looked at until the window has passed. */
export const wrongTokensMax = 10;
/** Length of the window that begins with the first of them, in milliseconds. */
export const wrongTokensWindowMs = 60_000;
/** Addresses that are remembered; strangers can have any number, and the one that began longest ago is forgotten first. */
export const wrongTokenAddressesMax = 4096;

interface Window {
  readonly beganMs: number;
  wrong: number;
}

/**
 * Counts wrong tokens by the address that they came from, so that whoever tries them out is turned away before a hash is computed, and can
 * neither keep the node busy nor try many. Tokens alone are counted: a certificate from the same address is judged as ever.
 */
export class WrongTokens {
  readonly #windows = new Map<string, Window>();

  /** @param clock milliseconds; where it goes back, windows begin anew */
  constructor(private readonly clock: () => number) {}

  /** Milliseconds until a token from this end of a connection is looked at again; 0 where it is looked at now. */
  waitMs(peer: string): number {
    const window = this.#current(addressOf(peer));
    if (window === undefined || window.wrong < wrongTokensMax) return 0;
    return window.beganMs + wrongTokensWindowMs - this.clock();
  }

  /** A token from this end of a connection was wrong. */
  note(peer: string): void {
    const address = addressOf(peer);
    const window = this.#current(address);
    if (window !== undefined) {
      window.wrong++;
      return;
    }
    this.#windows.delete(address);
    this.#windows.set(address, { beganMs: this.clock(), wrong: 1 });
    const [oldest] = this.#windows.keys();
    if (this.#windows.size > wrongTokenAddressesMax && oldest !== undefined) this.#windows.delete(oldest);
  }

  #current(address: string): Window | undefined {
    const window = this.#windows.get(address);
    if (window === undefined) return undefined;
    const sinceMs = this.clock() - window.beganMs;
    return sinceMs >= 0 && sinceMs < wrongTokensWindowMs ? window : undefined;
  }
}

/**
 * What counts as one address, of HOST:PORT as sockets say it: an address of IPv4, or the first half of one of IPv6, since whoever has one of those
 * mostly has all that begin alike.
 */
function addressOf(peer: string): string {
  const host = peer.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  const [, mapped] = /^::ffff:([\d.]+)$/i.exec(host) ?? [];
  if (mapped !== undefined || !host.includes(':')) return mapped ?? host;
  const [left = '', right] = host.split('::');
  const groups = left === '' ? [] : left.split(':');
  const behind = right === undefined || right === '' ? [] : right.split(':');
  while (right !== undefined && groups.length + behind.length < 8) groups.push('0');
  return [...groups, ...behind].slice(0, 4).join(':');
}
