import { type ConfState, type Entry, EntryType, type Message, MessageType } from '../../src/gen/raft/v1/raft.js';
import { confStateEqual } from '../../src/raft/conf-change.js';
import type { AppliedState } from './disk-image.js';

/** A rule of Raft does not hold. The run ends here. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** @throws Violation */
export function hold(condition: boolean, rule: string, facts: () => string): asserts condition {
  if (!condition) throw new Violation(`${rule}: ${facts()}`);
}

interface Committed {
  readonly term: number;
  readonly payload: string;
}

/**
 * What was true at some time on some node and must never become false, as an observer sees it that knows all nodes. It only ever adds, and
 * compares what comes with what is there.
 */
export class Ledger {
  readonly #leaders = new Map<number, number>();
  readonly #votes = new Map<string, number>();
  readonly #entries = new Map<string, string>();
  readonly #committed = new Map<number, Committed>();
  readonly #stateHashes = new Map<number, string>();
  readonly #configurations = new Map<number, ConfState>();
  committedIndex = 0;

  /** I1, election safety: one leader a term, over the whole run. */
  leads(id: number, term: number): void {
    const other = this.#leaders.get(term) ?? id;
    hold(other === id, 'I1 election safety', () => `nodes ${other} and ${id} both lead term ${term}`);
    this.#leaders.set(term, id);
  }

  /** Who leads a term; undefined: nobody yet. */
  leaderOf(term: number): number | undefined {
    return this.#leaders.get(term);
  }

  get leaderChanges(): number {
    return this.#leaders.size;
  }

  /** A vote that has left a node holds for ever, across its crashes too. */
  sends(message: Message): void {
    if (message.msgType !== MessageType.REQUEST_VOTE_RESPONSE || message.reject) return;
    const key = `${message.from}@${message.term}`;
    const earlier = this.#votes.get(key) ?? message.to;
    hold(
      earlier === message.to,
      'I1 one vote a term',
      () => `node ${message.from} voted for ${earlier} and ${message.to} in ${message.term}`,
    );
    this.#votes.set(key, message.to);
  }

  /** For whom a node has voted, as far as its answer has left it; undefined: nobody. */
  votedFor(id: number, term: number): number | undefined {
    return this.#votes.get(`${id}@${term}`);
  }

  /** I2, log matching: index and term say what the entry is, and what the term before it is, and so all that came before. */
  stores(id: number, entry: Entry, previousTerm: number): void {
    const key = `${entry.term}/${entry.index}`;
    const content = `${previousTerm} ${payloadOf(entry)}`;
    const known = this.#entries.get(key) ?? content;
    hold(known === content, 'I2 log matching', () => `${key} on node ${id} is "${content}", elsewhere "${known}"`);
    this.#entries.set(key, content);
  }

  /** Takes an entry for committed; the next one after `committedIndex`. */
  commits(entry: Entry): void {
    this.#committed.set(entry.index, { term: entry.term, payload: payloadOf(entry) });
    this.committedIndex = entry.index;
  }

  /** The first committed index is that of the snapshot all begin with. */
  begins(index: number): void {
    this.committedIndex = index;
  }

  /** Term of a committed entry; undefined where it was committed before the run. */
  committedTerm(index: number): number | undefined {
    return this.#committed.get(index)?.term;
  }

  /** I4, state machine safety: all nodes apply the same entry at an index, and nothing that is not committed. */
  applies(id: number, entry: Entry): void {
    const committed = this.#committed.get(entry.index);
    hold(
      committed !== undefined,
      'I4 only what is committed is applied',
      () => `node ${id} applies ${entry.term}/${entry.index}`,
    );
    hold(
      committed.term === entry.term && committed.payload === payloadOf(entry),
      'I4 state machine safety',
      () => `node ${id} applies ${entry.term}/${entry.index}, committed is ${committed.term}/${entry.index}`,
    );
  }

  /** I4 and I8: state and configuration at an applied index are the same on every node. */
  reaches(id: number, { index, hash, confState }: AppliedState): void {
    const known = this.#stateHashes.get(index) ?? hash;
    hold(known === hash, 'I4 equal state', () => `node ${id} at ${index}`);
    this.#stateHashes.set(index, hash);
    const configuration = this.#configurations.get(index) ?? confState;
    hold(confStateEqual(configuration, confState), 'I8 equal configuration', () => `node ${id} at ${index}`);
    this.#configurations.set(index, confState);
  }
}

/** What an entry says, without its place. */
export function payloadOf({ entryType, data }: Entry): string {
  return `${EntryType[entryType]} ${Array.from(data, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
