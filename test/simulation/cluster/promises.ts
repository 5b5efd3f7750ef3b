import { type Message, MessageType } from '../../../src/gen/raft/v1/raft.js';
import type { Raft } from '../../../src/raft/raft.js';
import { hold, type Ledger } from '../ledger.js';

/** Where a log ends. */
interface End {
  readonly term: number;
  readonly index: number;
}

/** What nodes have told each other, which binds them from then on. */
export class Promises {
  /** How far a candidate's log goes, by `node@term`. */
  readonly #candidates = new Map<string, End>();
  /** Highest index that a node has acknowledged, and in which term. */
  readonly #acknowledged = new Map<number, End>();

  constructor(private readonly ledger: Ledger) {}

  /** A message leaves a node. @param raft the node's core */
  sends(message: Message, raft: Readonly<Raft> | undefined): void {
    const { msgType, from, to, term, index, logTerm, reject } = message;
    if (msgType === MessageType.REQUEST_VOTE) this.#candidates.set(`${from}@${term}`, { term: logTerm, index });
    if (reject || raft === undefined) return;
    if (msgType === MessageType.REQUEST_VOTE_RESPONSE) this.#checkVote(from, to, term, raft);
    if (msgType !== MessageType.APPEND_RESPONSE) return;
    const before = this.#acknowledged.get(from);
    if (before === undefined || term > before.term || index > before.index)
      this.#acknowledged.set(from, { term, index });
  }

  /** I2: within one term a leader only adds, so nothing that was acknowledged in it is cut off. */
  look(id: number, raft: Readonly<Raft>): void {
    const acknowledged = this.#acknowledged.get(id);
    if (acknowledged?.term !== raft.term) return;
    const last = raft.raftLog.lastIndex();
    hold(
      last >= acknowledged.index,
      'I2 what is acknowledged is kept',
      () => `node ${id}: ${acknowledged.index} > ${last}`,
    );
  }

  /** I3: a vote goes to who has all that the voter has (Paper §5.4.1). Where the term has its leader, the voter may know more by now. */
  #checkVote(voter: number, candidate: number, term: number, raft: Readonly<Raft>): void {
    const end = this.#candidates.get(`${candidate}@${term}`);
    if (end === undefined || raft.term !== term || this.ledger.leaderOf(term) !== undefined) return;
    const own = { term: raft.raftLog.lastTerm(), index: raft.raftLog.lastIndex() };
    hold(
      end.term > own.term || (end.term === own.term && end.index >= own.index),
      'I3 a vote goes to who knows no less',
      () => `node ${voter} at ${own.term}/${own.index} for ${candidate} at ${end.term}/${end.index}`,
    );
  }
}
