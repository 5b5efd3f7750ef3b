import { once } from 'node:events';
import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { errorDetailKey } from '../../src/control/index.js';
import { ErrorDetail } from '../../src/gen/raftctl/v1/errors.js';

/** How a call of raw bytes ended. */
export interface WireEnd {
  /** Status of HTTP; undefined where none came. */
  readonly httpStatus: number | undefined;
  /** Status of gRPC; undefined where the stream was reset before one came. */
  readonly grpcStatus: number | undefined;
  readonly grpcMessage: string;
  readonly detail: ErrorDetail | undefined;
  /** Bytes of the answers. */
  readonly answerBytes: number;
  /** The server had not ended it in its time and a long time more. */
  readonly hung: boolean;
}

/** One call, as raw as HTTP/2 lets it be. */
export interface WireCall {
  readonly path: string;
  /** Bodies of messages, each sent behind a length prefix; a `Buffer` of its own where the prefix is the caller's, too. */
  readonly messages?: readonly Buffer[];
  readonly raw?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the server is told; it must have ended the call some time after it. */
  readonly timeoutMs: number;
  /** Hang up once the first answer is there, as a watcher does that has seen enough. */
  readonly hangUpAfterAnswer?: boolean;
  /** The caller never says that it has said all. */
  readonly neverEnds?: boolean;
}

/** Code with which callers of gRPC hang up. */
const cancel = constants.NGHTTP2_CANCEL;

/** How much later than its deadline a call may end, on a machine that has much else to do. */
const lateMs = 20_000;

/** A client that sends just the bytes that it is told to, and sees what comes back: gRPC's own would mend both. */
export class WireClient {
  private constructor(private readonly session: ClientHttp2Session) {}

  static async connect(address: string): Promise<WireClient> {
    const session = connect(`http://${address}`, { settings: { enablePush: false } });
    session.on('error', () => {});
    await once(session, 'connect');
    return new WireClient(session);
  }

  close(): void {
    this.session.destroy();
  }

  async call(call: WireCall): Promise<WireEnd> {
    const stream = this.session.request({
      ':method': 'POST',
      ':path': call.path,
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-timeout': `${call.timeoutMs}m`,
      ...call.headers,
    });
    const seen = { headers: {} as IncomingHttpHeaders, trailers: {} as IncomingHttpHeaders, bytes: 0, isHung: false };
    stream.on('error', () => {});
    const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()));
    stream.on('response', (headers) => {
      seen.headers = headers;
    });
    stream.on('trailers', (trailers) => {
      seen.trailers = trailers;
    });
    stream.on('data', (chunk: Buffer) => {
      seen.bytes += chunk.length;
      if (call.hangUpAfterAnswer === true) stream.close(cancel);
    });
    // The server has said its last word; whether the caller has, too, is the caller's affair.
    stream.on('end', () => {
      if (call.neverEnds === true) stream.close(cancel);
    });
    for (const message of call.messages ?? []) stream.write(framed(message));
    if (call.raw !== undefined) stream.write(call.raw);
    if (call.neverEnds !== true) stream.end();
    const timer = setTimeout(() => {
      seen.isHung = true;
      stream.close(cancel);
    }, call.timeoutMs + lateMs);
    await closed;
    clearTimeout(timer);
    const httpStatus = seen.headers[':status'];
    const status = seen.trailers['grpc-status'] ?? seen.headers['grpc-status'];
    return {
      httpStatus: httpStatus === undefined ? undefined : Number(httpStatus),
      grpcStatus: status === undefined ? undefined : Number(status),
      grpcMessage: decodeURIComponent(String(seen.trailers['grpc-message'] ?? seen.headers['grpc-message'] ?? '')),
      detail: detailIn(seen.trailers) ?? detailIn(seen.headers),
      answerBytes: seen.bytes,
      hung: seen.isHung,
    };
  }
}

/** A message of gRPC: not compressed, and so long. */
export function framed(message: Buffer, isCompressed = false): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(isCompressed ? 1 : 0, 0);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function detailIn(headers: IncomingHttpHeaders): ErrorDetail | undefined {
  const encoded = headers[errorDetailKey];
  return typeof encoded === 'string' ? ErrorDetail.decode(Buffer.from(encoded, 'base64')) : undefined;
}
