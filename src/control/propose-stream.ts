import { deferred } from '../base/deferred.js';
import type { RaftctlError } from '../base/errors.js';
import type { ProposeFailure, ProposeStreamRequest, ProposeStreamResponse } from '../gen/raftctl/v1/proposal.js';
import type { CallOptions, ProposalResult } from '../node/node-api.js';
import type { Duplex } from './call-runner.js';
import { orCutOff } from './cut-off.js';
import { SharedDeadlines } from './shared-deadlines.js';
import { UndecodableRequest } from './undecodable-request.js';

/** Proposals of one stream that wait for their answers; more are not read from the caller. */
export const outstandingMax = 1024;

/** What a stream of proposals needs of the rest. */
export interface ProposeStreamOptions {
  readonly propose: (request: ProposeStreamRequest, options: CallOptions) => Promise<ProposalResult>;
  /** The error that the caller gets to see for whatever was thrown. */
  readonly explain: (thrown: unknown) => RaftctlError;
  /** Milliseconds until a proposal without an outcome is answered with E_OUTCOME_UNKNOWN. */
  readonly deadlineMs: number;
}

/**
 * One stream of proposals: each is handed to the node as it comes, and answered by its tag when it is applied or refused. Reads no
 * further while too many wait or the caller does not take the answers, so that what is held for one caller is bounded.
 */
export class ProposeStream {
  readonly #call: Duplex<ProposeStreamRequest, ProposeStreamResponse>;
  readonly #signal: AbortSignal;
  readonly #options: ProposeStreamOptions;
  readonly #deadlines: SharedDeadlines;
  readonly #finished = deferred<void>();
  #outstanding = 0;
  #readerFull = false;
  #ended = false;

  constructor(
    call: Duplex<ProposeStreamRequest, ProposeStreamResponse>,
    signal: AbortSignal,
    options: ProposeStreamOptions,
  ) {
    this.#call = call;
    this.#signal = signal;
    this.#options = options;
    this.#deadlines = new SharedDeadlines(options.deadlineMs, signal);
  }

  /** Resolves when the caller has ended its side and every proposal is answered. */
  async run(): Promise<void> {
    this.#call.on('data', (request) => this.#take(request));
    this.#call.on('end', () => {
      this.#ended = true;
      this.#advance();
    });
    this.#call.on('drain', () => {
      this.#readerFull = false;
      this.#advance();
    });
    try {
      await orCutOff(this.#finished.promise, this.#signal);
    } finally {
      this.#deadlines.close();
    }
  }

  #take(request: ProposeStreamRequest | UndecodableRequest): void {
    if (request instanceof UndecodableRequest) {
      this.#finished.reject(request.refusal());
      return;
    }
    this.#outstanding++;
    this.#advance();
    void this.#answer(request);
  }

  async #answer(request: ProposeStreamRequest): Promise<void> {
    let outcome: ProposeStreamResponse['outcome'];
    try {
      const signal = this.#deadlines.signal();
      outcome = { $case: 'ok', value: await orCutOff(this.#options.propose(request, { signal }), signal) };
    } catch (thrown) {
      outcome = { $case: 'failed', value: toFailure(this.#options.explain(thrown)) };
    }
    this.#outstanding--;
    if (this.#signal.aborted) return;
    this.#readerFull = !this.#call.write({ tag: request.tag, outcome });
    this.#advance();
  }

  #advance(): void {
    if (this.#ended && this.#outstanding === 0) this.#finished.resolve();
    else if (this.#readerFull || this.#outstanding >= outstandingMax) this.#call.pause();
    else this.#call.resume();
  }
}

function toFailure(error: RaftctlError): ProposeFailure {
  return {
    code: error.code,
    message: error.message,
    retryable: error.retryable,
    outcomeUnknown: error.changed === 'unknown',
    leaderId: error.leaderHint?.id ?? 0,
    leaderAddress: error.leaderHint?.address ?? '',
  };
}
