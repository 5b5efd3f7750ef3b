import { expect } from 'vitest';
import { type Message, MessageType } from '../../src/gen/raft/v1/raft.js';
import { text } from './network.js';
import type { Member } from './world.js';

/** How far the histories have come, all taken together. */
export interface Reached {
  terms: number;
  committed: number;
  joint: number;
  snapshots: number;
  reads: number;
}

/** What has to hold of a group at all times, and what was seen of it so far. */
export class Observer {
  /** Leader of each term. */
  readonly #leaders = new Map<number, number>();
  /** Whom a node has voted for in a term, once its vote has left. */
  readonly #votes = new Map<string, number>();
  /** Data and predecessor's term of each entry, by term and index. */
  readonly #entries = new Map<string, string>();
  /** Entry committed at each index, and the lowest term in which a node knew. */
  readonly #committed = new Map<number, { entry: string; term: number }>();
  /** Highest committed index of all when a read was asked for, by its context. */
  readonly #reads = new Map<string, number>();
  readonly #lastSeen = new Map<object, { term: number; committed: number }>();
  #highestCommitted = 0;

  constructor(private readonly reached: Reached) {}

  sees(message: Message): void {
    if (message.msgType === MessageType.SNAPSHOT) this.reached.snapshots++;
    if (message.msgType !== MessageType.REQUEST_VOTE_RESPONSE || message.reject) return;
    const vote = `${message.from} in ${message.term}`;
    const known = this.#votes.get(vote) ?? message.to;
    check(known === message.to, `the vote of ${vote} went to ${known} and to ${message.to}`);
    this.#votes.set(vote, message.to);
  }

  readBegins(context: string): void {
    this.#reads.set(context, this.#highestCommitted);
  }

  looksAt(members: Iterable<Member>): void {
    for (const member of members) {
      this.#looksAtState(member);
      this.#looksAtLog(member);
      if (member.node.raft.role === 'leader') this.#looksAtLeader(member);
      for (const { index, requestContext } of member.readStates.splice(0)) {
        // Linearizable: it sees all that was committed when it began.
        check(
          index >= (this.#reads.get(text(requestContext)) ?? Number.NaN),
          `an old answer to ${text(requestContext)}`,
        );
        this.reached.reads++;
      }
    }
  }

  #looksAtState({ node }: Member): void {
    const { raft } = node;
    const { raftLog, tracker } = raft;
    const before = this.#lastSeen.get(node) ?? { term: 0, committed: 0 };
    check(raft.term >= before.term, 'a term never falls');
    check(raftLog.committed >= before.committed, 'a commit index never falls');
    check(raftLog.applied <= raftLog.committed, 'only what is committed is applied');
    check(raftLog.committed <= raftLog.lastIndex(), 'only what is there is committed');
    check(raftLog.persisted < raftLog.unstable.offset, 'what is persisted is not unstable');
    check([...tracker.progress.keys()].join() === [...tracker.conf.members()].join(), 'a progress for each member');
    for (const { matched, nextIdx, ins } of tracker.progress.values()) {
      check(matched >= 0 && matched < nextIdx, '0 <= matched < nextIdx');
      check(ins.count <= tracker.maxInflightMsgs, 'a window holds no more than it may');
    }
    check(raft.uncommittedSize >= 0, 'a quota is never negative');
    this.#lastSeen.set(node, { term: raft.term, committed: raftLog.committed });
  }

  #looksAtLog(member: Member): void {
    const { raftLog, term } = member.node.raft;
    const first = raftLog.firstIndex();
    let previous = raftLog.term(first - 1);
    for (const entry of member.log()) {
      const key = `${entry.term}/${entry.index}`;
      const content = `${entry.entryType} ${text(entry.data)} behind ${previous}`;
      // Log Matching: with the same index and term an entry has the same content and the same entry before it.
      check((this.#entries.get(key) ?? content) === content, `two entries ${key}`);
      this.#entries.set(key, content);
      previous = entry.term;
      if (entry.index > raftLog.committed) continue;
      const known = this.#committed.get(entry.index);
      // State Machine Safety.
      check((known?.entry ?? key) === key, `both ${known?.entry} and ${key} are committed`);
      if (known === undefined) this.reached.committed++;
      if (known === undefined || term < known.term) this.#committed.set(entry.index, { entry: key, term });
    }
    this.#highestCommitted = Math.max(this.#highestCommitted, raftLog.committed);
  }

  #looksAtLeader({ id, node: { raft } }: Member): void {
    const known = this.#leaders.get(raft.term);
    // Election Safety.
    check((known ?? id) === id, `both ${known} and ${id} lead in term ${raft.term}`);
    if (raft.tracker.conf.isJoint()) this.reached.joint++;
    if (known !== undefined) return;
    this.#leaders.set(raft.term, id);
    this.reached.terms++;
    const { raftLog } = raft;
    for (const [index, { entry, term }] of this.#committed) {
      if (term >= raft.term || index < raftLog.firstIndex()) continue;
      // Leader Completeness.
      check(`${raftLog.term(index)}/${index}` === entry, `leader ${id} of term ${raft.term} lacks ${entry}`);
    }
  }
}

/** Compares without the cost of a matcher where all is well. */
function check(holds: boolean, what: string): void {
  if (!holds) expect.fail(what);
}
