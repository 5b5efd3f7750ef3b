import { createReadStream } from 'node:fs';
import { RaftctlError } from '../base/errors.js';
import type { BatchItem, CommandKind } from '../client/index.js';
import { reasonOf } from './file-reason.js';
import { decodeText, readInputFile, readWhole } from './input-file.js';
import { formatBytes } from './units.js';

/** Most bytes of one proposal that are read: the largest message that any node takes. */
const payloadBytesMax = 16 * 1024 * 1024;

/** Bytes of an argument: the text itself, `@FILE`, or `-` for standard input. @throws RaftctlError E_USAGE, E_TOO_LARGE */
export async function readPayload(argument: string): Promise<Uint8Array> {
  if (argument === '-') return readWhole(process.stdin, standardInput, payloadBytesMax);
  if (!argument.startsWith('@')) return Buffer.from(argument);
  return readInputFile(argument.slice(1), { bytesMax: payloadBytesMax });
}

const standardInput = 'standard input';

/** The same as text, without a byte order mark. @throws RaftctlError E_USAGE where it is no UTF-8 */
export async function readText(argument: string): Promise<string> {
  const name = argument === '-' ? standardInput : argument.slice(1);
  const bytes = await readPayload(argument);
  return argument === '-' || argument.startsWith('@') ? decodeText(bytes, name) : argument;
}

/**
 * The lines of a file, or of standard input, each of which must be JSON; empty ones are passed over.
 * @throws RaftctlError E_USAGE with the number of the line, E_TOO_LARGE for one that is larger than any proposal
 */
export async function* readJsonLines(file: string): AsyncGenerator<string> {
  const name = file === '-' ? standardInput : file;
  let number = 0;
  try {
    for await (const line of linesOf(file === '-' ? process.stdin : createReadStream(file), name)) {
      number += 1;
      const text = decodeText(line, `line ${number} of ${name}`).trim();
      if (text === '') continue;
      if (!isJson(text)) throw new RaftctlError('E_USAGE', `line ${number} of ${name} is not JSON`);
      yield text;
    }
  } catch (thrown) {
    throw thrown instanceof RaftctlError ? thrown : cannotRead(name, thrown);
  }
}

/** A line is bounded: what has none at all, as a device, would otherwise fill the memory. */
async function* linesOf(input: AsyncIterable<unknown>, name: string): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    if (!(chunk instanceof Buffer)) continue;
    let from = 0;
    for (let end = chunk.indexOf('\n'); end !== -1; end = chunk.indexOf('\n', from)) {
      yield Buffer.concat([...rest, chunk.subarray(from, end)]);
      [rest, bytes, from] = [[], 0, end + 1];
    }
    rest.push(chunk.subarray(from));
    bytes += chunk.length - from;
    if (bytes > payloadBytesMax) {
      throw new RaftctlError('E_TOO_LARGE', `a line of ${name} has more than ${formatBytes(payloadBytesMax)}`);
    }
  }
  if (bytes > 0) yield Buffer.concat(rest);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Bytes as documents carry them: text where they are UTF-8, otherwise base64. */
export function encodeBytes(bytes: Uint8Array): { readonly data: string; readonly dataEncoding: 'utf8' | 'base64' } {
  try {
    return { data: new TextDecoder('utf-8', { fatal: true }).decode(bytes), dataEncoding: 'utf8' };
  } catch {
    return { data: Buffer.from(bytes).toString('base64'), dataEncoding: 'base64' };
  }
}

function cannotRead(file: string, thrown: unknown): RaftctlError {
  return new RaftctlError('E_USAGE', `cannot read ${file}: ${reasonOf(thrown)}`, { cause: thrown });
}

/** What `propose` is asked to propose. */
export interface PayloadFlags {
  readonly data: string | undefined;
  readonly batch: string | undefined;
  readonly noop: boolean;
  readonly count: number;
}

/** One proposal, or many to be made over one stream. */
export type Payloads =
  | { readonly single: BatchItem }
  | { readonly single: undefined; readonly many: Iterable<BatchItem> | AsyncIterable<BatchItem> };

/** Reads what is to be proposed; a no-op is an entry without data. @throws RaftctlError E_USAGE unless exactly one of data, batch and no-op is given */
export async function payloadsOf({ data, batch, noop, count }: PayloadFlags): Promise<Payloads> {
  if ([data !== undefined, batch !== undefined, noop].filter(Boolean).length !== 1) {
    throw new RaftctlError('E_USAGE', 'give one of: DATA, --batch FILE, --noop', { hint: 'raftctl propose --help' });
  }
  if (batch !== undefined) return { single: undefined, many: batchItems(batch) };
  const payload = noop ? new Uint8Array() : await readPayload(data ?? '');
  if (payload.length === 0 && !noop) {
    const hint = 'for an entry without data: raftctl propose --noop';
    throw new RaftctlError('E_USAGE', 'there is nothing to propose: the data is empty', { hint });
  }
  const item: BatchItem = { kind: rawKind, payload };
  return count === 1 ? { single: item } : { single: undefined, many: Array.from({ length: count }, () => item) };
}

// Value of the wire's enum, written as a number so that gRPC is not loaded for it.
const rawKind: CommandKind.RAW = 1;

async function* batchItems(file: string): AsyncGenerator<BatchItem> {
  for await (const line of readJsonLines(file)) yield { kind: rawKind, payload: Buffer.from(line) };
}
