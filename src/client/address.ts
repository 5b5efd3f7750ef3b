import { formatAddress, isLoopback, parseAddress } from '../base/address.js';
import { RaftctlError } from '../base/errors.js';

const schemePattern = /^https?:\/\//;
const unixPrefix = 'unix:';

/**
 * The one form in which an address is shown, compared and dialled: `host:port`, `[v6]:port` or `unix:path`. An `http://` or `https://` in
 * front, and one slash at the end, are forgiven.
 * @throws RaftctlError E_USAGE naming what is wrong
 */
export function normalizeAddress(text: string): string {
  if (text.startsWith(unixPrefix)) {
    if (text.length === unixPrefix.length) throw malformed(text, 'the path of the Unix socket is missing');
    return text;
  }
  const bare = schemePattern.test(text) ? text.replace(schemePattern, '').replace(/\/$/, '') : text;
  const address = parseAddress(bare);
  if (address === undefined) throw malformed(text, 'expected HOST:PORT, [IPV6]:PORT or unix:PATH');
  if (address.port === 0) throw malformed(text, 'the port must be 1 to 65535');
  return formatAddress(address);
}

/** Whether the text is an address; empty where a node does not know one, which is no fault. */
export function canBeDialled(text: string): boolean {
  if (text === '') return true;
  if (text.startsWith(unixPrefix)) return text.length > unixPrefix.length;
  const address = parseAddress(text);
  return address !== undefined && address.port !== 0;
}

/** Whether what is sent to the address stays on this machine: a loopback host or a Unix socket. */
export function isLocalAddress(text: string): boolean {
  if (text.startsWith(unixPrefix)) return true;
  const address = parseAddress(text);
  return address !== undefined && isLoopback(address.host);
}

function malformed(text: string, reason: string): RaftctlError {
  return new RaftctlError('E_USAGE', `"${text}" is not an address: ${reason}`);
}
