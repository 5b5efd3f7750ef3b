import { type Deferred, deferred } from '../base/deferred.js';
import { RaftctlError } from '../base/errors.js';
import { readU64, u64Bytes } from './keyspace.js';
import type { ProposalResult } from './node-api.js';

interface Waiting {
  readonly result: Deferred<ProposalResult>;
  readonly startedMs: number;
}

const prefixBytes = 12;
const contextBytes = prefixBytes + 8;

/**
 * Proposals that wait for their entry to be applied. An answer is found by the id in the entry's context, never by order: after a
 * change of leader, entries of others stand where ours would have been.
 *
 * A context is 20 bytes: node id (8), a number drawn at start (4), a counter (8); all big-endian.
 */
export class PendingProposals {
  private readonly waiting = new Map<number, Waiting>();
  private readonly prefix = new Uint8Array(prefixBytes);
  private counter = 0;

  /** @param bootNonce tells the contexts of this process from those of an earlier one with the same id */
  constructor(nodeId: number, bootNonce: number) {
    this.prefix.set(u64Bytes(nodeId));
    new DataView(this.prefix.buffer).setUint32(8, bootNonce >>> 0);
  }

  get size(): number {
    return this.waiting.size;
  }

  /** Begins to wait. The promise resolves by `resolve`, or rejects by `abandon` or `failAll`. */
  add(startedMs: number): { id: number; context: Uint8Array; result: Promise<ProposalResult> } {
    const id = ++this.counter;
    const context = new Uint8Array(contextBytes);
    context.set(this.prefix);
    context.set(u64Bytes(id), prefixBytes);
    const result: Deferred<ProposalResult> = deferred();
    this.waiting.set(id, { result, startedMs });
    return { id, context, result: result.promise };
  }

  /** Id of one of this process's proposals; undefined for any other context. */
  idOf(context: Uint8Array): number | undefined {
    if (context.length !== contextBytes) return undefined;
    for (let i = 0; i < prefixBytes; i++) if (context[i] !== this.prefix[i]) return undefined;
    return readU64(context, prefixBytes);
  }

  /** Answers the proposal with this context, if it is one of ours and still waits. Returns when it was begun. */
  resolve(context: Uint8Array, outcome: ProposalResult | RaftctlError): number | undefined {
    const id = this.idOf(context);
    const waiting = id === undefined ? undefined : this.waiting.get(id);
    if (id === undefined || waiting === undefined) return undefined;
    this.waiting.delete(id);
    if (outcome instanceof RaftctlError) waiting.result.reject(outcome);
    else waiting.result.resolve(outcome);
    return waiting.startedMs;
  }

  /** Ends one wait with an error. */
  reject(id: number, reason: RaftctlError): void {
    const waiting = this.waiting.get(id);
    if (waiting === undefined) return;
    this.waiting.delete(id);
    waiting.result.reject(reason);
  }

  /** Ends all waits with an error. */
  failAll(reason: RaftctlError): void {
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const { result } of all) result.reject(reason);
  }
}
