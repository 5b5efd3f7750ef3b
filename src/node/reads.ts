import { type Deferred, deferred } from '../base/deferred.js';
import type { RaftctlError } from '../base/errors.js';
import { readU64, u64Bytes } from './keyspace.js';

interface Round {
  readonly waiting: Deferred<number>[];
  /** When the round was begun: the lease that it confirms counts from here. */
  readonly startedMs: number;
  startedTick: number;
}

/** What the reads need of the core. */
export interface ReadIndexDoor {
  readIndex(context: Uint8Array): void;
}

/**
 * Linearizable reads. All that arrive in one turn share one ReadIndex round; a round that was lost on the way is begun again after an
 * election time-out (Raft thesis §6.4). The callers wait for the index and then for apply to get there.
 */
export class PendingReads {
  private arriving: Deferred<number>[] = [];
  private readonly rounds = new Map<number, Round>();
  private counter = 0;

  /** Resolves with the index that the state must have reached to answer this read. */
  add(): Promise<number> {
    const read: Deferred<number> = deferred();
    this.arriving.push(read);
    return read.promise;
  }

  /** Begins the round of what has arrived since the last turn. */
  begin(core: ReadIndexDoor, nowMs: number, tick: number): void {
    if (this.arriving.length === 0) return;
    const waiting = this.arriving;
    this.arriving = [];
    this.start(core, { waiting, startedMs: nowMs, startedTick: tick });
  }

  /** Begins again what has had no answer for `afterTicks`. */
  retry(core: ReadIndexDoor, nowMs: number, tick: number, afterTicks: number): void {
    for (const [id, round] of [...this.rounds]) {
      if (tick - round.startedTick < afterTicks) continue;
      this.rounds.delete(id);
      this.start(core, { waiting: round.waiting, startedMs: nowMs, startedTick: tick });
    }
  }

  /** The core has confirmed a round. Returns when it was begun; undefined for a context that is no longer waited for. */
  confirm(context: Uint8Array, index: number): number | undefined {
    if (context.length !== 8) return undefined;
    const id = readU64(context, 0);
    const round = this.rounds.get(id);
    if (round === undefined) return undefined;
    this.rounds.delete(id);
    for (const read of round.waiting) read.resolve(index);
    return round.startedMs;
  }

  failAll(reason: RaftctlError): void {
    const all = [...this.arriving, ...[...this.rounds.values()].flatMap((round) => round.waiting)];
    this.arriving = [];
    this.rounds.clear();
    for (const read of all) read.reject(reason);
  }

  private start(core: ReadIndexDoor, round: Round): void {
    const id = ++this.counter;
    this.rounds.set(id, round);
    core.readIndex(u64Bytes(id));
  }
}
