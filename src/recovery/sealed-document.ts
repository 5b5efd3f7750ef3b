import { createHash } from 'node:crypto';
import { RaftctlError } from '../base/errors.js';
import type { CollectedNode } from './collected-node.js';
import type { RecoveryPlan } from './recovery-plan.js';
import type { RestorePlan } from './restore-plan.js';

/** What a restore comes to. */
export interface RestoreResult {
  /** SHA-256, hex, of the snapshot file that every node begins with: all of them make the same one. */
  readonly resultSha256: string;
}

/** What recovery and restore write into files. */
interface Documents {
  readonly RecoveryFacts: CollectedNode;
  readonly RecoveryPlan: RecoveryPlan;
  readonly RestorePlan: RestorePlan & RestoreResult;
}

/** Version of the files' form. */
const FORMAT_VERSION = 1;

/** What says that nobody has changed a file since it was written. */
interface Seal {
  /** SHA-256 of all that is before it, as JSON without spaces. */
  readonly sha256: string;
}

/** A document as it is written to a file: itself, and a checksum over it. */
export function sealDocument<Kind extends keyof Documents>(
  kind: Kind,
  content: Documents[Kind],
): Documents[Kind] & Seal {
  const body = { kind, formatVersion: FORMAT_VERSION, ...content };
  return { ...body, sha256: digestOf(body) };
}

/**
 * Reads what `sealDocument` made.
 * @param name of the file, for people
 * @throws RaftctlError E_USAGE for anything else, or where it was changed
 */
export function openDocument<Kind extends keyof Documents>(
  kind: Kind,
  text: string,
  name: string,
): Documents[Kind] & Seal {
  const value = parse(text);
  const { sha256, ...body } = { ...(typeof value === 'object' ? value : {}) } as Readonly<Record<string, unknown>>;
  if (typeof body['kind'] !== 'string') throw unusable(name, 'it is no file of a recovery or a restore');
  if (body['kind'] !== kind) throw unusable(name, `it holds a ${body['kind']}, not a ${kind}`);
  if (body['formatVersion'] !== FORMAT_VERSION) throw unusable(name, 'it is of another version of raftctl');
  if (!isSealedBy(sha256, body)) throw unusable(name, 'its checksum does not match: it was changed, or is cut short');
  // The checksum says that `sealDocument` has written all of it.
  return value as Documents[Kind] & Seal;
}

function isSealedBy(sha256: unknown, body: object): boolean {
  try {
    return sha256 === digestOf(body);
  } catch (thrown) {
    // Nested so deep that it cannot be written: nobody has written it.
    if (thrown instanceof RangeError) return false;
    throw thrown;
  }
}

/** SHA-256 of a value as JSON, hex. */
export function digestOf(value: object): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unusable(name: string, reason: string): RaftctlError {
  return new RaftctlError('E_USAGE', `${name} cannot be used: ${reason}`);
}
