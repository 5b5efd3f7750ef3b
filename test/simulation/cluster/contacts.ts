import type { Raft } from '../../../src/raft/raft.js';
import type { Configuration } from '../../../src/raft/tracker/configuration.js';
import { hold } from '../ledger.js';
import { isTo, linkOf } from './network.js';

/** Ticks beyond two election time-outs that a leader has to notice that it is alone. */
const CONTACT_TICKS_MORE = 3;

/** Whom nodes have heard, and when: a leader that hears no quorum leads no longer (I12). */
export class Contacts {
  /** Ticks of a node when it last had a message from another, by `linkOf`. */
  readonly #heard = new Map<number, number>();
  /** Ticks of a leader when it was last looked at whom it had heard. */
  readonly #checked = new Map<number, number>();

  hears(id: number, from: number, ticks: number): void {
    this.#heard.set(linkOf(from, id), ticks);
  }

  /** The ticks of a new life begin anew. */
  forget(id: number): void {
    for (const link of [...this.#heard.keys()]) if (isTo(link, id)) this.#heard.delete(link);
    this.#checked.delete(id);
  }

  /**
   * A leader that has not heard from a quorum for two election time-outs and more leads no longer.
   * @param now ticks of the leader, and since when it leads this configuration
   */
  check(
    raft: Readonly<Raft>,
    now: { readonly ticks: number; readonly sinceTick: number; readonly isNewConfiguration: boolean },
  ): void {
    const { ticks } = now;
    const limit = 2 * raft.config.electionTick + CONTACT_TICKS_MORE;
    if (ticks - now.sinceTick <= limit) return;
    // Between two ticks it can but hear more.
    if (this.#checked.get(raft.id) === ticks && !now.isNewConfiguration) return;
    this.#checked.set(raft.id, ticks);
    const isHeard = (id: number) => id === raft.id || ticks - (this.#heard.get(linkOf(id, raft.id)) ?? 0) <= limit;
    hold(isQuorum(raft.tracker.conf, isHeard), 'I12 a leader has a quorum', () => `leader ${raft.id} of ${raft.term}`);
  }
}

/** Counted here by itself: the core's own arithmetic is under test. */
export function isQuorum({ voters }: Configuration, holds: (id: number) => boolean): boolean {
  const halves = [voters.incoming, voters.outgoing].filter(({ ids }) => ids.length > 0);
  return halves.length > 0 && halves.every(({ ids }) => ids.filter(holds).length * 2 > ids.length);
}
