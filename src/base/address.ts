/** Where something listens or is dialled, over TCP. */
export interface Address {
  /** A host name, an IPv4 address, or an IPv6 address without its brackets. */
  readonly host: string;
  readonly port: number;
}

const hostNameCharsMax = 253;
const hostName = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?$/;
const ipv6 = /^[0-9A-Fa-f:.]+(?:%[A-Za-z0-9_.-]+)?$/;
const hostAndPort = /^(?:\[([^[\]]+)\]|([^[\]:]+)):(\d{1,5})$/;

/** Reads `HOST:PORT` or `[IPV6]:PORT`; undefined where the text is neither. Port 0 is read: who dials must refuse it. */
export function parseAddress(text: string): Address | undefined {
  const [, bracketed, plain, digits] = hostAndPort.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || host.length > hostNameCharsMax || port > 65_535) return undefined;
  const wellFormed = bracketed === undefined ? hostName.test(host) : ipv6.test(host) && host.includes(':');
  return wellFormed ? { host, port } : undefined;
}

/** The text that `parseAddress` reads. */
export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether packets to this host never leave the machine. Of names only `localhost` is taken at its word. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return name === 'localhost' || name === '::1' || /^(?:::ffff:)?127(?:\.\d{1,3}){3}$/.test(name);
}

/** Whether this host means every address of the machine: one can listen there, but nobody can dial it from elsewhere. */
export function isUnspecified(host: string): boolean {
  return host === '0.0.0.0' || /^[0:]+$/.test(host);
}
