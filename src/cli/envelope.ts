import type { RaftctlError } from '../base/errors.js';

/** Which node answered, and how fresh the answer is. */
export interface Source {
  readonly node: number;
  readonly consistency: 'local' | 'quorum' | 'leader';
  readonly term: number | null;
}

/** The cluster that answered. */
export interface ClusterIdentity {
  readonly id: string;
  readonly name: string;
  readonly incarnation: number;
}

/** Something that is not an error and should be known. */
export interface Warning {
  readonly code: string;
  readonly message: string;
  readonly nodes?: readonly number[];
}

/** The document that every command writes for programs, on success and on failure. Within `raftctl/v1` fields are only added. */
export interface Envelope {
  readonly apiVersion: 'raftctl/v1';
  readonly kind: string;
  readonly ok: boolean;
  readonly exitCode: number;
  /** RFC 3339, UTC. */
  readonly observedAt: string;
  readonly source: Source | null;
  readonly cluster: ClusterIdentity | null;
  readonly data: unknown;
  readonly warnings: readonly Warning[];
  readonly errors: readonly ErrorDocument[];
}

/** An error as programs read it. */
export interface ErrorDocument {
  readonly code: string;
  readonly message: string;
  readonly facts: readonly string[];
  readonly changed: 'no' | 'yes' | 'unknown';
  readonly retryable: boolean;
  readonly leaderHint: { readonly id: number; readonly address: string; readonly term: number } | null;
  readonly hint: string | null;
}

/** What is known at the end of a command. */
export interface Outcome {
  readonly kind: string;
  /** Null where the command failed before there was any. */
  readonly data: unknown;
  readonly error: RaftctlError | undefined;
  readonly source: Source | undefined;
  readonly cluster: ClusterIdentity | undefined;
  readonly warnings: readonly Warning[];
}

/** The envelope around an outcome. */
export function toEnvelope(outcome: Outcome, observedAt: Date): Envelope {
  const exitCode = outcome.error?.exitCode ?? 0;
  return {
    apiVersion: 'raftctl/v1',
    kind: outcome.kind,
    ok: exitCode === 0,
    exitCode,
    observedAt: observedAt.toISOString(),
    source: outcome.source ?? null,
    cluster: outcome.cluster ?? null,
    data: outcome.data ?? null,
    warnings: outcome.warnings,
    errors: outcome.error === undefined ? [] : [toErrorDocument(outcome.error)],
  };
}

/** An error as it stands in the envelope. */
export function toErrorDocument(error: RaftctlError): ErrorDocument {
  return {
    code: error.code,
    message: error.message,
    facts: error.facts,
    changed: error.changed,
    retryable: error.retryable,
    leaderHint: error.leaderHint ?? null,
    hint: error.hint ?? null,
  };
}
