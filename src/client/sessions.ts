import type { Session } from '../gen/raftctl/v1/proposal.js';

/**
 * Numbers the proposals of one client, so that the cluster knows a repeated one again. The same proposal is always sent with the same
 * number; what lies below the lowest number that still waits may be forgotten by the cluster.
 */
export class Sessions {
  #last = 0;
  /** Whether the cluster has applied something of this session, and so knows it. */
  #known = false;
  readonly #pending = new Set<number>();

  constructor(readonly clientId: string) {}

  /**
   * The session of a new proposal; `done` when its outcome is known, or is not asked for any more. Until something of it is applied, the
   * session says that it waits for everything: to a cluster that has never heard of it, anything else is a session that was forgotten.
   */
  open(): Session {
    this.#last += 1;
    this.#pending.add(this.#last);
    // A set yields its numbers in the order in which they came, which is ascending.
    const [lowestPending = this.#last] = this.#pending;
    return { clientId: this.clientId, sequence: this.#last, lowestPending: this.#known ? lowestPending : 1 };
  }

  done({ sequence }: Session, applied: boolean): void {
    this.#pending.delete(sequence);
    this.#known ||= applied;
  }
}
