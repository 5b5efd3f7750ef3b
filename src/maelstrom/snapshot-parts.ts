import { messageOf } from '../base/errors.js';
import { Message, MessageType } from '../gen/raft/v1/raft.js';
import type { SnapshotSink, SnapshotSource, TransportEvents } from '../node/index.js';
import { type Body, Code, RequestError } from './protocol.js';

/** How long the answer to one part may take, in milliseconds; to the last one, which loads the file, longer. */
const partMs = 3000;
const lastPartMs = 30_000;

/** A piece of a snapshot on its way: the core's message first, chunks of the file, and an end. */
type Piece = { readonly message: string } | { readonly chunk: string } | { readonly end: true };
/** Which part it is: of which snapshot of its sender, numbered upwards over all its lives, and the how manyth of that, from 0. */
type Part = { readonly stream: number; readonly part: number } & Piece;

interface Incoming {
  readonly stream: number;
  readonly message: Message;
  readonly sink: SnapshotSink;
  /** Number of the part that is to come; undefined where the snapshot is given up. */
  next: number | undefined;
}

/** Reads a part. @throws RequestError malformedRequest */
export function receivedPart({ stream, part, message, chunk, end }: Body): Part {
  if (typeof stream === 'number' && typeof part === 'number') {
    if (typeof message === 'string') return { stream, part, message };
    if (typeof chunk === 'string') return { stream, part, chunk };
    if (end === true) return { stream, part, end };
  }
  throw new RequestError(
    Code.malformedRequest,
    'a part of a snapshot has stream, part, and a message, a chunk or an end',
  );
}

/**
 * Snapshot files in parts, each sent when the one before is answered. A part that comes twice is written once.
 */
export class SnapshotParts {
  readonly #incoming = new Map<number, Incoming>();
  readonly #turns = new Map<number, Promise<void>>();

  #lastStream: number;

  /** @param life of this node: a number that is higher in each of its lives than it counts to in the one before */
  constructor(
    life: number,
    private readonly events: TransportEvents,
  ) {
    this.#lastStream = life;
  }

  /** Resolves when the peer has verified and staged the file. */
  async send(
    message: Message,
    source: SnapshotSource,
    onSent: (bytes: number) => void,
    call: (part: Part, timeoutMs: number) => Promise<unknown>,
  ): Promise<void> {
    const stream = ++this.#lastStream;
    await call({ stream, part: 0, message: base64(Message.encode(message).finish()) }, partMs);
    let part = 1;
    let sent = 0;
    for await (const chunk of source.chunks()) {
      await call({ stream, part: part++, chunk: base64(chunk) }, partMs);
      sent += chunk.length;
      onSent(sent);
    }
    await call({ stream, part, end: true }, lastPartMs);
  }

  /** Takes a part of the peer `from`, after those that came before it. @throws RequestError where it does not fit to them */
  take(from: number, self: number, part: Part): Promise<void> {
    const turn = (this.#turns.get(from) ?? Promise.resolve()).then(() => this.#take(from, self, part));
    this.#turns.set(
      from,
      turn.catch(() => {}),
    );
    return turn;
  }

  async #take(from: number, self: number, part: Part): Promise<void> {
    const current = this.#incoming.get(from);
    if (current !== undefined && part.stream < current.stream) throw outOfPlace('it is of an earlier snapshot');
    if (current?.stream === part.stream) {
      if (current.next === undefined) throw outOfPlace('the snapshot is given up');
      if (part.part < current.next) return;
    }
    if ('message' in part) return this.#begin(from, self, part.stream, part.message);
    if (current === undefined || current.stream !== part.stream || part.part !== current.next) {
      throw outOfPlace('parts before it are missing');
    }
    current.next++;
    try {
      if ('chunk' in part) await current.sink.write(Buffer.from(part.chunk, 'base64'));
      else await this.#finish(current);
    } catch (thrown) {
      current.next = undefined;
      await current.sink.abort();
      throw new RequestError(Code.abort, `the snapshot cannot be taken: ${messageOf(thrown)}`);
    }
  }

  async #begin(from: number, self: number, stream: number, encoded: string): Promise<void> {
    const message = decode(encoded);
    if (message?.msgType !== MessageType.SNAPSHOT || message.from !== from || message.to !== self) {
      throw new RequestError(Code.malformedRequest, 'a snapshot begins with its message, of this peer to this node');
    }
    await this.#incoming.get(from)?.sink.abort();
    this.#incoming.delete(from);
    const sink = await this.events.onSnapshotOffered(message).catch((thrown: unknown) => {
      throw new RequestError(Code.temporarilyUnavailable, messageOf(thrown));
    });
    this.#incoming.set(from, { stream, message, sink, next: 1 });
  }

  async #finish({ sink, message }: Incoming): Promise<void> {
    await sink.finish();
    this.events.onSnapshotReceived(message);
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function decode(encoded: string): Message | undefined {
  try {
    return Message.decode(Buffer.from(encoded, 'base64'));
  } catch {
    return undefined;
  }
}

function outOfPlace(why: string): RequestError {
  return new RequestError(Code.preconditionFailed, `a part of a snapshot is out of place: ${why}`);
}
