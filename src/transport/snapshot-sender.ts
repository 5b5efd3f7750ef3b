import type { Client, ClientWritableStream, ServiceError } from '@grpc/grpc-js';
import { assert } from '../base/assert.js';
import { deferred } from '../base/deferred.js';
import { messageOf, RaftctlError } from '../base/errors.js';
import type { Message } from '../gen/raft/v1/raft.js';
import type { PeerHello } from '../gen/raftctl/v1/transport.js';
import type { SnapshotSource } from '../node/ports.js';
import { type SnapshotPart, sendSnapshotMethod } from './frame-codec.js';
import { describeStatus } from './link-error.js';
import type { TransportConfig } from './transport-config.js';

/** One snapshot on its way to one peer. */
export interface SnapshotSending {
  /** The core's snapshot message; `to` is the receiver. */
  readonly message: Message;
  readonly hello: PeerHello;
  readonly source: SnapshotSource;
  /** Bytes of the file sent so far. */
  readonly onSent: (bytes: number) => void;
  readonly config: TransportConfig;
  /** Gives it up; its reason is an Error. */
  readonly signal: AbortSignal;
}

/**
 * A client-streaming call seen as promises. Once the call has failed, or was given up, everything rejects with the first cause.
 */
class SnapshotCall {
  private readonly call: ClientWritableStream<SnapshotPart>;
  private readonly answer = deferred<void>();
  private failure: RaftctlError | undefined;
  private rejectWrite: ((reason: unknown) => void) | undefined;

  constructor(client: Client, to: number) {
    this.call = client.makeClientStreamRequest(
      sendSnapshotMethod.path,
      sendSnapshotMethod.requestSerialize,
      sendSnapshotMethod.responseDeserialize,
      (error: ServiceError | null) => {
        if (error === null) this.answer.resolve();
        else this.settle(snapshotError(to, error));
      },
    );
    this.call.on('error', () => {});
    // Nobody may wait for the answer any more when it comes.
    this.answer.promise.catch(() => {});
  }

  /** Resolves when the part is with the socket: the peer's pace is the sender's pace. */
  write(part: SnapshotPart): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.failure !== undefined) {
        reject(this.failure);
        return;
      }
      this.rejectWrite = reject;
      this.call.write(part, () => resolve());
    });
  }

  /** All parts are written; resolves when the peer has staged the file. */
  end(): Promise<void> {
    if (this.failure === undefined) this.call.end();
    return this.answer.promise;
  }

  giveUp(reason: RaftctlError): void {
    this.settle(reason);
    this.call.cancel();
  }

  private settle(failure: RaftctlError): void {
    this.failure ??= failure;
    this.rejectWrite?.(this.failure);
    this.answer.reject(this.failure);
  }
}

function snapshotError(to: number, error: ServiceError): RaftctlError {
  const { code, text } = describeStatus(error.code, error.details);
  return new RaftctlError(code, `snapshot to node ${to} failed: ${text}`, {
    changed: 'unknown',
    retryable: true,
    cause: error,
  });
}

/**
 * Streams a snapshot file to a peer, at the pace at which the peer takes it. Resolves when the peer has verified and staged it.
 * @throws RaftctlError E_CONN_TIMEOUT where nothing moves, E_REFUSED where the peer does not want it, E_CONN_REFUSED, E_STOPPED, …
 */
export async function streamSnapshot(client: Client, sending: SnapshotSending): Promise<void> {
  const { message, hello, source, onSent, config, signal } = sending;
  const call = new SnapshotCall(client, message.to);
  const silent = () =>
    call.giveUp(new RaftctlError('E_CONN_TIMEOUT', `snapshot to node ${message.to} stands still`, { retryable: true }));
  const onAbort = () => {
    assert(signal.reason instanceof RaftctlError, 'a snapshot is given up for a stated reason');
    call.giveUp(signal.reason);
  };
  let timer = setTimeout(silent, config.snapshotIdleMs);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await call.write({ $case: 'header', value: { hello, message, bytes: source.info.bytes } });
    let sentBytes = 0;
    for await (const chunk of source.chunks()) {
      await call.write({ $case: 'chunk', value: chunk });
      timer.refresh();
      sentBytes += chunk.length;
      onSent(sentBytes);
    }
    clearTimeout(timer);
    timer = setTimeout(silent, config.snapshotFinishMs);
    await call.end();
  } catch (thrown) {
    const failure = asRaftctlError(thrown, message.to);
    call.giveUp(failure);
    throw failure;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    client.close();
  }
}

/** A source that cannot be read throws whatever it throws. */
function asRaftctlError(thrown: unknown, to: number): RaftctlError {
  if (thrown instanceof RaftctlError) return thrown;
  return new RaftctlError('E_CORRUPT', `snapshot for node ${to} cannot be read: ${messageOf(thrown)}`, {
    cause: thrown,
  });
}
