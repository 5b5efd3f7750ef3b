import { once } from 'node:events';
import { readerGone } from './reader-gone.js';

/** Writes many lines to stdout, no faster than they are read. */
export class LineWriter {
  readonly #gone = readerGone();

  /** Whether nobody reads any more, as after `| head`. */
  get isGone(): boolean {
    return this.#gone.aborted;
  }

  /** Resolves once another line may be written. */
  async write(line: string): Promise<void> {
    if (this.isGone || process.stdout.write(`${line}\n`)) return;
    await once(process.stdout, 'drain', { signal: this.#gone }).catch(() => undefined);
  }
}
