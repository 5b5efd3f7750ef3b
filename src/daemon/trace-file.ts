import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { messageOf, RaftctlError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { type Tracer, traceLine } from '../raft/index.js';

/** Bytes that may wait for the disk. A disk that is slower than the node ends the trace, not the node. */
const waitingBytesMax = 16 * 1024 * 1024;

/** The trace of a node as a file. */
export interface TraceFile {
  readonly tracer: Tracer;
  /** Resolves when all that was traced is in the file. */
  close(): Promise<void>;
}

/**
 * Opens a file to append a node's events to, one line each. Where it cannot go on, the trace ends there and the log says so: what stands in
 * the file then is how the run began, which can be validated; with events missing in its middle it could not.
 * @throws RaftctlError E_USAGE where the file cannot be opened
 */
export async function openTraceFile(path: string, logger: Logger): Promise<TraceFile> {
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600, highWaterMark: 1024 * 1024 });
  try {
    await once(stream, 'open');
  } catch (cause) {
    throw new RaftctlError('E_USAGE', `--trace ${path}: cannot be written: ${messageOf(cause)}`, { cause });
  }
  return new AppendedTrace(path, stream, logger);
}

class AppendedTrace implements TraceFile {
  #ended = false;

  constructor(
    private readonly path: string,
    private readonly stream: WriteStream,
    private readonly logger: Logger,
  ) {
    stream.on('error', (error) => this.#end(messageOf(error)));
  }

  readonly tracer: Tracer = (event) => {
    if (this.#ended) return;
    this.stream.write(traceLine(event));
    if (this.stream.writableLength > waitingBytesMax) this.#end('the disk does not keep up');
  };

  async close(): Promise<void> {
    this.#ended = true;
    if (this.stream.closed) return;
    const closed = once(this.stream, 'close');
    this.stream.end();
    await closed;
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.logger.error('the trace ends here', { file: this.path, reason });
    this.stream.end();
  }
}
