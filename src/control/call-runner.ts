import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerDuplexStream,
  ServerWritableStream,
} from '@grpc/grpc-js';
import type { ErrorCode } from '../base/error-codes.js';
import { RaftctlError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { AskedChange, AuditTrail } from './audit-trail.js';
import type { Caller, Callers, IncomingCall } from './callers.js';
import { drained, orCutOff } from './cut-off.js';
import { callerError, toStatus } from './error-status.js';
import { UndecodableRequest } from './undecodable-request.js';

/** Whether a call that is cut off may have changed something. */
export type Effect = 'reads' | 'changes';

/** What a handler is given beside the request. */
export interface CallContext {
  /** Aborted when the caller has gone or its time is over; the reason is the `RaftctlError` to end with. */
  readonly signal: AbortSignal;
  readonly caller: Caller;
}

/** How long calls may take, in milliseconds, and how many of the long ones there may be. */
export interface CallLimits {
  /** For a unary call whose caller names no deadline. */
  readonly unaryDefaultMs: number;
  /** For a unary call whatever its caller names. */
  readonly unaryMaxMs: number;
  /** How long the reader of a stream may take nothing. */
  readonly streamStallMs: number;
  /** Streams that may be open at once: watchers, snapshots being read, streams of proposals. */
  readonly streamsMax: number;
}

export const defaultCallLimits: CallLimits = {
  unaryDefaultMs: 10_000,
  unaryMaxMs: 60_000,
  streamStallMs: 60_000,
  streamsMax: 1024,
};

/** Longest time that a timer can wait, in milliseconds. */
const timerMsMax = 2 ** 31 - 1;

/** The part of a bidirectional call that its handler works with. */
export type Duplex<Request, Response> = ServerDuplexStream<Request | UndecodableRequest, Response>;

/** What all kinds of calls have. */
interface AnyCall extends IncomingCall {
  getDeadline(): Date | number;
  getPath(): string;
  on(event: 'cancelled', listener: () => void): unknown;
  off(event: 'cancelled', listener: () => void): unknown;
}

/** A stream that counts as open until it is closed. */
interface OpenStream {
  readonly controller: AbortController;
  close(): void;
}

const stopping = () => new RaftctlError('E_STOPPED', 'the node is stopping', { retryable: true });

function cutOff(effect: Effect, why: string): RaftctlError {
  return effect === 'reads'
    ? new RaftctlError('E_CONN_TIMEOUT', why, { retryable: true })
    : new RaftctlError('E_OUTCOME_UNKNOWN', `${why}; the change may or may not be made`, { changed: 'unknown' });
}

/**
 * Runs every handler of the control plane, so that all of them share one way to take a call: cancellation and deadline become one
 * `AbortSignal`, whatever is thrown becomes a status with its detail, and nothing becomes an unhandled rejection.
 */
export class CallRunner {
  readonly #streams = new Set<AbortController>();
  /** Who makes a call, as it was when the call began: a token may be none any more, and a certificate have ended, when it ends. */
  readonly #callerOf = new WeakMap<AnyCall, Caller>();
  #refusing = false;

  constructor(
    private readonly logger: Logger,
    private readonly callers: Callers,
    private readonly trail: AuditTrail,
    readonly limits: CallLimits = defaultCallLimits,
  ) {}

  /** From now on new calls end with E_STOPPED; those that run go on. */
  refuseCalls(): void {
    this.#refusing = true;
  }

  /** Ends the streams that are open with E_STOPPED. */
  endStreams(): void {
    for (const stream of this.#streams) stream.abort(stopping());
  }

  /** One request, one answer. @param asked what the audit trail remembers of a request, where it does */
  unary<Request, Response>(
    effect: Effect,
    answer: (request: Request, context: CallContext) => Response | Promise<Response>,
    asked?: (request: Request) => AskedChange | undefined,
  ): handleUnaryCall<Request, Response> {
    return (call, callback) => {
      const controller = new AbortController();
      const stopClock = this.#startClock(call, effect, controller);
      this.#admit(call.request)
        .then((request) =>
          orCutOff(Promise.resolve(answer(request, this.#context(call, controller))), controller.signal),
        )
        .then(
          (response) => {
            this.#note(call, asked, 'ok');
            callback(null, response);
          },
          (error) => callback(this.#failure(call, error, asked)),
        )
        .finally(stopClock);
    };
  }

  /**
   * One request, many answers; takes the next one from the handler when the caller has room for it. Has no deadline but the caller's.
   * @param asked what the audit trail remembers of a request, where it does; `last` is the last answer of a stream that ended well
   */
  serverStream<Request, Response>(
    effect: Effect,
    answer: (request: Request, context: CallContext) => AsyncIterable<Response>,
    asked?: (request: Request, last?: Response) => AskedChange | undefined,
  ): handleServerStreamingCall<Request, Response> {
    return (call) => {
      const { controller, close } = this.#openStream(call, effect);
      this.#admitStream(call.request)
        .then((request) => this.#writeAll(call, answer(request, this.#context(call, controller)), controller.signal))
        .then(
          (last) => {
            this.#note(call, asked && ((request: Request) => asked(request, last)), 'ok');
            call.end();
          },
          (error) => call.emit('error', this.#failure(call, error, asked)),
        )
        .finally(close);
    };
  }

  /** Many requests, many answers. The handler does both and resolves when all is written. Has no deadline but the caller's. */
  duplex<Request, Response>(
    effect: Effect,
    converse: (call: Duplex<Request, Response>, context: CallContext) => Promise<void>,
  ): handleBidiStreamingCall<Request, Response> {
    return (call) => {
      const { controller, close } = this.#openStream(call, effect);
      this.#admitStream(undefined)
        .then(() => orCutOff(converse(call, this.#context(call, controller)), controller.signal))
        .then(
          () => call.end(),
          (error) => call.emit('error', this.#failure(call, error)),
        )
        .finally(close);
    };
  }

  /** The error that a caller gets to see for whatever was thrown; defects are logged. */
  explain(thrown: unknown): RaftctlError {
    return callerError(thrown, this.logger);
  }

  #context(call: AnyCall, { signal }: AbortController): CallContext {
    const caller = this.callers.of(call);
    this.#callerOf.set(call, caller);
    return { signal, caller };
  }

  async #admit<Request>(request: Request | UndecodableRequest): Promise<Request> {
    if (this.#refusing) throw stopping();
    if (request instanceof UndecodableRequest) throw request.refusal();
    return request;
  }

  /** As `#admit`, for a stream that counts as open already. */
  async #admitStream<Request>(request: Request | UndecodableRequest): Promise<Request> {
    const { streamsMax } = this.limits;
    if (this.#streams.size > streamsMax) {
      throw new RaftctlError('E_OVERLOADED', `${streamsMax} streams are open on this node, as many as it takes`, {
        retryable: true,
      });
    }
    return this.#admit(request);
  }

  #failure<Request>(
    call: AnyCall & { readonly request?: Request | UndecodableRequest },
    thrown: unknown,
    asked?: (request: Request) => AskedChange | undefined,
  ) {
    const error = this.explain(thrown);
    this.#note(call, asked, error.code);
    this.logger.debug('call refused', { method: call.getPath(), code: error.code, error: error.message });
    return toStatus(error);
  }

  #note<Request>(
    call: AnyCall & { readonly request?: Request | UndecodableRequest },
    asked: ((request: Request) => AskedChange | undefined) | undefined,
    result: 'ok' | ErrorCode,
  ): void {
    const { request } = call;
    const caller = this.#callerOf.get(call);
    if (caller === undefined || asked === undefined || request === undefined) return;
    if (request instanceof UndecodableRequest) return;
    const change = asked(request);
    if (change !== undefined) this.trail.note(caller, change, result === 'ok' ? (change.outcome ?? result) : result);
  }

  #startClock(call: AnyCall, effect: Effect, controller: AbortController): () => void {
    const deadline = Number(call.getDeadline());
    const wanted = Number.isFinite(deadline) ? deadline - Date.now() : this.limits.unaryDefaultMs;
    const allowedMs = Math.max(0, Math.min(wanted, this.limits.unaryMaxMs));
    const onTimeout = () => controller.abort(cutOff(effect, `no answer within ${Math.round(allowedMs)} ms`));
    const timer = setTimeout(onTimeout, allowedMs);
    const onCancelled = () => controller.abort(cutOff(effect, 'the caller has gone'));
    call.on('cancelled', onCancelled);
    return () => {
      clearTimeout(timer);
      // grpc-js says `cancelled` after each call, the answered ones too.
      call.off('cancelled', onCancelled);
    };
  }

  #openStream(call: AnyCall, effect: Effect): OpenStream {
    const controller = new AbortController();
    this.#streams.add(controller);
    call.on('cancelled', () => controller.abort(cutOff(effect, 'the caller has gone')));
    // gRPC ends a call at its deadline, and tells the handler only when its caller has taken all that came before.
    const leftMs = Number(call.getDeadline()) - Date.now();
    const timer =
      leftMs < timerMsMax
        ? setTimeout(() => controller.abort(cutOff(effect, 'the deadline has passed')), Math.max(0, leftMs))
        : undefined;
    const close = () => {
      clearTimeout(timer);
      this.#streams.delete(controller);
    };
    return { controller, close };
  }

  async #writeAll<Response>(
    call: ServerWritableStream<unknown, Response>,
    responses: AsyncIterable<Response>,
    signal: AbortSignal,
  ): Promise<Response | undefined> {
    const iterator = responses[Symbol.asyncIterator]();
    let last: Response | undefined;
    try {
      for (;;) {
        const next = await orCutOff(iterator.next(), signal);
        if (next.done) return last;
        last = next.value;
        if (!call.write(next.value)) await drained(call, signal, this.limits.streamStallMs);
      }
    } finally {
      // Not awaited: a generator that waits for something returns only when that comes, and nobody needs its answer.
      iterator.return?.().catch((error) => this.logger.debug('a stream ended badly', { error: String(error) }));
    }
  }
}
