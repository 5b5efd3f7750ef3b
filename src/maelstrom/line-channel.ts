import type { Readable, Writable } from 'node:stream';
import type { Logger } from '../base/logger.js';
import { type Body, type Envelope, parseEnvelope } from './protocol.js';

/** Characters of a line, at most: a chunk of a snapshot takes a third of a million. */
const lineCharactersMax = 8 * 1024 * 1024;
/** Bytes that wait for the reader of the output; past it messages between nodes are dropped, which Raft sends again. */
const waitingBytesMax = 16 * 1024 * 1024;

/** Messages as lines of JSON, on two streams. What is no message is named in the log and left out: nobody can be answered. */
export class LineChannel {
  #rest = '';
  #skipping = false;

  constructor(
    private readonly input: Readable,
    private readonly output: Writable,
    private readonly logger: Logger,
  ) {}

  /** Whether the reader of the output is so far behind that nothing should be said that can be said later. */
  get congested(): boolean {
    return this.output.writableLength > waitingBytesMax;
  }

  /** Hands over each message; resolves when there are no more, or nobody reads the answers any more. */
  receive(onMessage: (message: Envelope) => void): Promise<void> {
    return new Promise((resolve) => {
      this.output.once('error', () => resolve());
      this.input.once('error', () => resolve());
      this.input.once('end', resolve);
      this.input.setEncoding('utf8').on('data', (text: string) => this.#take(text, onMessage));
    });
  }

  send(envelope: { readonly src: string; readonly dest: string; readonly body: Body }): void {
    if (this.output.writable) this.output.write(`${JSON.stringify(envelope)}\n`);
  }

  #take(text: string, onMessage: (message: Envelope) => void): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      // The end of a line that was too long.
      if (this.#skipping) this.#skipping = false;
      else this.#parse(line, onMessage);
    }
    if (this.#rest.length <= lineCharactersMax) return;
    this.#rest = '';
    if (!this.#skipping) this.logger.warn('a line is too long and is left out', { lineCharactersMax });
    this.#skipping = true;
  }

  #parse(line: string, onMessage: (message: Envelope) => void): void {
    if (line.trim() === '') return;
    const message = parseEnvelope(line);
    if (typeof message !== 'string') onMessage(message);
    else this.logger.warn('a line is no message and is left out', { reason: message, begin: line.slice(0, 80) });
  }
}
