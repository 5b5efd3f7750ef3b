import { type ErrorCode, errorCodes } from './error-codes.js';

/** Whether a call that failed changed anything. */
export type Changed = 'no' | 'yes' | 'unknown';

/** Where the leader is, as far as the one who says so knows. */
export interface LeaderHint {
  readonly id: number;
  /** HOST:PORT; empty where it is not known. */
  readonly address: string;
  readonly term: number;
}

/** What an operating error can say beside its sentence. */
export interface ErrorDetails {
  /** Facts behind the sentence, one line each. */
  readonly facts?: readonly string[];
  /** Default: `no`. */
  readonly changed?: Changed;
  /** Whether the same call may succeed a moment later. Default: false. */
  readonly retryable?: boolean;
  readonly leaderHint?: LeaderHint;
  /** The next command to try. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * An operating error: something outside the program is not as the call needs it. Has a stable code, one sentence with subject and
 * numbers, the facts behind it, what was changed, and a hint. Programmer errors are `AssertionError`s.
 */
export class RaftctlError extends Error {
  override readonly name = 'RaftctlError';
  readonly code: ErrorCode;
  readonly facts: readonly string[];
  readonly changed: Changed;
  readonly retryable: boolean;
  readonly leaderHint: LeaderHint | undefined;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.facts = details.facts ?? [];
    this.changed = details.changed ?? 'no';
    this.retryable = details.retryable ?? false;
    this.leaderHint = details.leaderHint;
    this.hint = details.hint;
  }

  /** The same sentence with other details; those that are not named stay. */
  with(details: ErrorDetails): RaftctlError {
    const { facts, changed, retryable, leaderHint, hint, cause } = this;
    return new RaftctlError(this.code, this.message, {
      ...{ facts, changed, retryable, cause },
      ...(leaderHint === undefined ? {} : { leaderHint }),
      ...(hint === undefined ? {} : { hint }),
      ...details,
    });
  }

  /** Exit code of a command that ends with this error. */
  get exitCode(): number {
    return errorCodes[this.code].exit;
  }
}

/** The sentence of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** What a log line says of whatever was thrown. */
export function failureFields(thrown: unknown): { reason: string; code: ErrorCode; stack: string | undefined } {
  return {
    reason: messageOf(thrown),
    code: thrown instanceof RaftctlError ? thrown.code : 'E_INTERNAL',
    stack: thrown instanceof Error ? thrown.stack : undefined,
  };
}
