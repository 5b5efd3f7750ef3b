import { closeSync, constants, createReadStream, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import { RaftctlError } from '../base/errors.js';
import { reasonOf } from './file-reason.js';
import { formatBytes } from './units.js';

/** Most bytes of a configuration, a plan, or another document that is read whole. */
export const documentBytesMax = 16 * 1024 * 1024;
/** Most bytes of a certificate, a key or a token. */
export const credentialBytesMax = 1024 * 1024;

/** What is asked of a file before it is believed. */
export interface InputFileRules {
  readonly bytesMax: number;
  /** Judges whose file it is and who may write it, before it is read. @throws RaftctlError */
  readonly check?: (stats: Stats) => void;
}

/**
 * Reads a file whole. Pipes are read, too, as `<(command)` makes them; one that nobody writes to is empty, and a device that never ends is
 * too large: no file makes a command wait for ever, or take all memory.
 * @throws RaftctlError E_USAGE naming the file
 */
export async function readInputFile(path: string, { bytesMax, check }: InputFileRules): Promise<Buffer> {
  try {
    return await readWhole(openInput(path, check), path, bytesMax);
  } catch (thrown) {
    if (thrown instanceof RaftctlError) throw thrown;
    throw new RaftctlError('E_USAGE', `cannot read ${path}: ${reasonOf(thrown)}`, { cause: thrown });
  }
}

/** What is in a file, bit by bit; the file is closed when that ends. */
function openInput(path: string, check: InputFileRules['check']): AsyncIterable<unknown> {
  // Opened without waiting: to open a pipe waits for somebody to write, and no timeout ends that.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(fd);
    check?.(stats);
    if (!stats.isFIFO()) return createReadStream(path, { fd });
    return pipeParts(fd, firstOf(fd));
  } catch (thrown) {
    closeSync(fd);
    throw thrown;
  }
}

/** The first bytes of a pipe: none where nobody has it open to write, undefined where they are still to come. */
function firstOf(fd: number): Buffer | undefined {
  const first = Buffer.alloc(64 * 1024);
  try {
    return first.subarray(0, readSync(fd, first));
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EAGAIN') return undefined;
    throw thrown;
  }
}

async function* pipeParts(fd: number, first: Buffer | undefined): AsyncGenerator<unknown> {
  if (first?.length === 0) {
    closeSync(fd);
    return;
  }
  // The rest is waited for by the loop of events, and the socket closes what it was given.
  const rest = new Socket({ fd, readable: true, writable: false });
  if (first !== undefined) yield first;
  yield* rest;
}

/** The same as text; what is no UTF-8 is refused, since it would be read as something else. A byte order mark is passed over. */
export async function readInputText(path: string, rules: InputFileRules = { bytesMax: documentBytesMax }) {
  return decodeText(await readInputFile(path, rules), path);
}

/** Bytes as text, without a byte order mark. @param name of where they are from @throws RaftctlError E_USAGE where they are no UTF-8 */
export function decodeText(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new RaftctlError('E_USAGE', `${name} is no text in UTF-8`, { cause });
  }
}

/** All bytes of a stream, up to a limit. @throws RaftctlError E_TOO_LARGE */
export async function readWhole(input: AsyncIterable<unknown>, name: string, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    if (!(chunk instanceof Buffer)) continue;
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooLarge(name, bytesMax);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(name: string, bytesMax: number): RaftctlError {
  return new RaftctlError('E_TOO_LARGE', `${name} has more than ${formatBytes(bytesMax)}, the most that is read of it`);
}
