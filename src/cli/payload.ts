import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { RaftctlError } from '../base/errors.js';
import type { BatchItem, CommandKind } from '../client/index.js';
import { reasonOf } from './file-reason.js';

/** Bytes of an argument: the text itself, `@FILE`, or `-` for standard input. */
export async function readPayload(argument: string): Promise<Uint8Array> {
  if (argument === '-') {
    const chunks: Uint8Array[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
    return Buffer.concat(chunks);
  }
  if (!argument.startsWith('@')) return Buffer.from(argument);
  try {
    return await readFile(argument.slice(1));
  } catch (thrown) {
    throw cannotRead(argument.slice(1), thrown);
  }
}

/** The same as text. */
export async function readText(argument: string): Promise<string> {
  return argument === '-' ? text(process.stdin) : Buffer.from(await readPayload(argument)).toString('utf8');
}

/**
 * The lines of a file, or of standard input, each of which must be JSON; empty ones are passed over.
 * @throws RaftctlError E_USAGE with the number of the line
 */
export async function* readJsonLines(file: string): AsyncGenerator<string> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  let failure: unknown;
  input.once('error', (error: Error) => {
    failure = error;
  });
  let number = 0;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    if (line.trim() === '') continue;
    try {
      JSON.parse(line);
    } catch {
      throw new RaftctlError('E_USAGE', `line ${number} of ${file} is not JSON`);
    }
    yield line;
  }
  if (failure !== undefined) throw cannotRead(file, failure);
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
