import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { setTimeout as pause } from 'node:timers/promises';
import { ErrorDetail } from '../../src/gen/raftctl/v1/errors.js';

/** Bytes before each message of gRPC: whether it is compressed, and its length. */
const prefixBytes = 5;
/** Before a connection is tried again that was not taken, in milliseconds. */
const againMs = 100;

/** One connection that speaks gRPC by hand. A client library would cost the generator more than the call costs the node. */
export class BareCaller {
  readonly #session: ClientHttp2Session;

  private constructor(address: string) {
    this.#session = connect(`http://${address}`);
    this.#session.on('error', () => {});
  }

  /** Resolves once the node has answered the greeting. Rejects where it takes no connection. */
  static async open(address: string): Promise<BareCaller> {
    const caller = new BareCaller(address);
    const closed = once(caller.#session, 'close').then(() => {
      throw new Error(`${address} takes no connection`);
    });
    await Promise.race([once(caller.#session, 'remoteSettings'), closed]);
    closed.catch(() => {});
    return caller;
  }

  /** As `open`, again and again, as clients do whom a node has no place for. Rejects where it takes none for so long. */
  static async persist(address: string, patienceMs: number): Promise<BareCaller> {
    const until = performance.now() + patienceMs;
    for (;;) {
      try {
        return await BareCaller.open(address);
      } catch (thrown) {
        if (performance.now() > until) throw thrown;
        await pause(againMs);
      }
    }
  }

  get isOpen(): boolean {
    return !this.#session.destroyed && !this.#session.closed;
  }

  /** One unary call. How it ended: `ok`, the error code of the node, or `status N`, `cut off`, `no answer`. Never rejects. */
  call(path: string, message: Uint8Array, deadlineMs: number, more: Record<string, string> = {}): Promise<string> {
    if (!this.isOpen) return Promise.resolve('cut off');
    const stream = this.open(path, { ...more, 'grpc-timeout': `${deadlineMs}m` });
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        resolve('no answer');
        stream.close(constants.NGHTTP2_CANCEL);
      }, deadlineMs + 1000);
      const end = (outcome: string) => {
        clearTimeout(timer);
        resolve(outcome);
      };
      stream.on('response', (headers) => headers['grpc-status'] !== undefined && end(outcomeOf(headers)));
      stream.on('trailers', (headers) => end(outcomeOf(headers)));
      stream.on('close', () => end('cut off'));
      stream.resume();
      stream.end(framed(message));
    });
  }

  /** A call that is begun and left to the caller. */
  open(path: string, more: Record<string, string> = {}): ClientHttp2Stream {
    const stream = this.#session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...more,
    });
    stream.on('error', () => {});
    return stream;
  }

  close(): void {
    this.#session.destroy();
  }
}

/** A message as gRPC writes it. */
export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(prefixBytes + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, prefixBytes);
  return frame;
}

function outcomeOf(headers: Record<string, string | string[] | undefined | number>): string {
  const status = String(headers['grpc-status']);
  if (status === '0') return 'ok';
  const detail = headers['raftctl-error-bin'];
  return typeof detail === 'string' ? ErrorDetail.decode(Buffer.from(detail, 'base64')).code : `status ${status}`;
}
