import type { ServiceError } from '@grpc/grpc-js';
import { RaftctlError } from '../base/errors.js';
import {
  type CommandKind,
  ProposalServiceService as Proposals,
  type ProposeResponse,
  type ProposeStreamRequest,
  type ProposeStreamResponse,
} from '../gen/raftctl/v1/proposal.js';
import { type CallSpec, callLeader } from './calls.js';
import type { Connection } from './connection.js';
import type { Sessions } from './sessions.js';
import { knownCode } from './status-error.js';
import type { ClientContext } from './survey.js';

/** One proposal of a batch. */
export interface BatchItem {
  readonly kind: CommandKind;
  readonly payload: Uint8Array;
}

/** What became of one proposal of a batch; `position` counts from 0 in the order in which they were given. */
export type BatchOutcome =
  | { readonly position: number; readonly ok: ProposeResponse }
  | { readonly position: number; readonly failed: RaftctlError };

/** Proposals that wait for their answers at once. */
const windowMax = 256;

/** A proposal that is sent and not answered. */
interface Waiting {
  readonly position: number;
  readonly request: ProposeStreamRequest;
}

/**
 * Proposes many things over one stream without waiting for each; the outcomes come in the order in which they are known. Where the stream
 * breaks or the leader changes, all that is not answered is sent again with the same sessions, so nothing is applied twice.
 * @throws RaftctlError where the batch cannot go on; what was sent and not answered is then of unknown outcome
 */
export async function* proposeStream(
  context: ClientContext,
  sessions: Sessions,
  items: Iterable<BatchItem> | AsyncIterable<BatchItem>,
): AsyncGenerator<BatchOutcome> {
  const batch = new Batch(sessions, items);
  while (!batch.finished) {
    const spec: CallSpec<readonly BatchOutcome[]> = {
      effect: 'recognised',
      requestId: sessions.clientId,
      attempt: (connection, deadlineMs) => batch.turn(connection, deadlineMs),
    };
    yield* await callLeader(context, spec);
  }
  batch.close();
}

/** The state of a batch between the streams that carry it. */
class Batch {
  readonly #iterator: Iterator<BatchItem> | AsyncIterator<BatchItem>;
  readonly #waiting = new Map<number, Waiting>();
  #taken = 0;
  #exhausted = false;
  #stream: LiveStream | undefined;

  constructor(
    private readonly sessions: Sessions,
    items: Iterable<BatchItem> | AsyncIterable<BatchItem>,
  ) {
    this.#iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  }

  get finished(): boolean {
    return this.#exhausted && this.#waiting.size === 0;
  }

  close(): void {
    this.#stream?.end();
  }

  /** Fills the window and waits for some outcomes. Throws the reason where the stream broke: the next turn sends again. */
  async turn(connection: Connection, deadlineMs: number): Promise<readonly BatchOutcome[]> {
    const stream = await this.#streamTo(connection);
    try {
      while (!this.#exhausted && this.#waiting.size < windowMax) await this.#sendNext(stream);
      if (this.#waiting.size === 0) return [];
      return this.#settle(await stream.next(deadlineMs));
    } catch (thrown) {
      stream.abandon();
      this.#stream = undefined;
      throw thrown;
    }
  }

  async #streamTo(connection: Connection): Promise<LiveStream> {
    if (this.#stream?.connection === connection) return this.#stream;
    this.#stream?.abandon();
    const stream = new LiveStream(connection);
    this.#stream = stream;
    for (const { request } of this.#waiting.values()) await stream.write(request);
    return stream;
  }

  async #sendNext(stream: LiveStream): Promise<void> {
    const { value, done } = await this.#iterator.next();
    if (done) {
      this.#exhausted = true;
      return;
    }
    const position = this.#taken++;
    const session = this.sessions.open();
    const request: ProposeStreamRequest = { tag: session.sequence, kind: value.kind, payload: value.payload, session };
    this.#waiting.set(session.sequence, { position, request });
    await stream.write(request);
  }

  /** Takes answers off the waiting ones; an answer that asks for a repetition leaves its proposal there and breaks the turn off, once the rest is told. */
  #settle(responses: readonly ProposeStreamResponse[]): readonly BatchOutcome[] {
    const outcomes: BatchOutcome[] = [];
    for (const { tag, outcome } of responses) {
      const waiting = this.#waiting.get(tag);
      if (waiting === undefined || outcome === undefined) continue;
      const { position } = waiting;
      if (outcome.$case === 'failed') {
        const failed = toError(outcome.value);
        if (failed.retryable || failed.code === 'E_NOT_LEADER' || failed.code === 'E_OUTCOME_UNKNOWN') {
          if (outcomes.length > 0) {
            this.#stream?.putBack(responses.slice(responses.findIndex((response) => response.tag === tag)));
            return outcomes;
          }
          throw failed;
        }
        outcomes.push({ position, failed });
      } else {
        outcomes.push({ position, ok: outcome.value });
      }
      this.#waiting.delete(tag);
      if (waiting.request.session !== undefined) this.sessions.done(waiting.request.session, outcome.$case === 'ok');
    }
    return outcomes;
  }
}

function toError(failure: Extract<ProposeStreamResponse['outcome'], { $case: 'failed' }>['value']): RaftctlError {
  const { code, message, retryable, outcomeUnknown, leaderId, leaderAddress } = failure;
  return new RaftctlError(knownCode(code), message, {
    retryable,
    changed: outcomeUnknown ? 'unknown' : 'no',
    ...(leaderId === 0 ? {} : { leaderHint: { id: leaderId, address: leaderAddress, term: 0 } }),
  });
}

/** One open stream: answers are collected until they are asked for. */
class LiveStream {
  readonly #call;
  #answers: ProposeStreamResponse[] = [];
  #failure: RaftctlError | undefined;
  #wake: () => void = () => {};

  constructor(readonly connection: Connection) {
    this.#call = connection.duplex(Proposals.proposeStream);
    this.#call.on('data', (answer: ProposeStreamResponse) => {
      this.#answers.push(answer);
      this.#wake();
    });
    this.#call.on('error', (error: ServiceError) => {
      this.#failure = connection.failure(error, Proposals.proposeStream.path);
      this.#wake();
    });
    this.#call.on('end', () => {
      this.#failure ??= new RaftctlError('E_CONN_REFUSED', `${connection.address} ended the stream`, {
        changed: 'unknown',
        retryable: true,
      });
      this.#wake();
    });
  }

  /** Resolves when there is room for the next one. */
  async write(request: ProposeStreamRequest): Promise<void> {
    if (this.#failure !== undefined || this.#call.write(request)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#call.off('drain', done).off('error', done);
        resolve();
      };
      this.#call.on('drain', done).on('error', done);
    });
  }

  /** All answers that are there, or the first that comes. */
  async next(deadlineMs: number): Promise<readonly ProposeStreamResponse[]> {
    if (this.#answers.length === 0 && this.#failure === undefined) await this.#arrival(deadlineMs);
    if (this.#answers.length > 0) {
      const answers = this.#answers;
      this.#answers = [];
      return answers;
    }
    throw (
      this.#failure ??
      new RaftctlError('E_CONN_TIMEOUT', `no answer from ${this.connection.address} in time`, {
        changed: 'unknown',
        retryable: true,
      })
    );
  }

  putBack(answers: readonly ProposeStreamResponse[]): void {
    this.#answers = [...answers, ...this.#answers];
  }

  end(): void {
    this.#call.end();
  }

  abandon(): void {
    this.#call.on('error', () => {});
    this.#call.cancel();
  }

  async #arrival(deadlineMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, deadlineMs - Date.now());
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
