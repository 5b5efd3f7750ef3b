import type { Entry, Message, Snapshot } from '../../src/gen/raft/v1/raft.js';
import { MessageType } from '../../src/gen/raft/v1/raft.js';
import { isConfChangeEntry } from '../../src/raft/messages.js';
import type { Configuration } from '../../src/raft/tracker/configuration.js';
import { type AppliedState, metadataOf } from './disk-image.js';
import { hold, type Ledger } from './ledger.js';
import type { Network } from './network.js';
import type { Observer, SimNode } from './sim-node.js';

/** What a node had come to when it was last looked at, in this life. */
interface Progress {
  readonly life: object;
  readonly leads: boolean;
  readonly term: number;
  readonly vote: number;
  readonly commit: number;
  readonly applied: number;
  readonly configuration: Configuration;
}

/** Looks at every node whenever it has moved, and holds what it sees against the rules and against all that was seen before. */
export class Watch implements Observer {
  readonly #last = new Map<number, Progress>();
  constructor(
    readonly nodes: readonly SimNode[],
    readonly network: Network,
    readonly ledger: Ledger,
  ) {}

  /** What leaves a node must be true for ever, so it must be on its disk. */
  send(message: Message): void {
    this.ledger.sends(message);
    const { durable } = this.#nodeOf(message.from).disk;
    if (message.msgType === MessageType.REQUEST_VOTE_RESPONSE && !message.reject) {
      const { term, vote } = durable.hardState;
      hold(
        term > message.term || (term === message.term && vote === message.to),
        'a vote is durable before it leaves',
        () => `node ${message.from}`,
      );
    }
    if (message.msgType === MessageType.APPEND_RESPONSE && !message.reject && message.term === durable.hardState.term) {
      hold(
        durable.lastIndex >= message.index,
        'an acknowledged entry is durable',
        () => `node ${message.from}, ${message.index}`,
      );
    }
    this.network.send(message);
  }

  stores(node: SimNode, entries: readonly Entry[], snapshot: Snapshot | undefined): void {
    let [previous] = entries.map(({ index }) => index - 1);
    if (previous === undefined) return;
    const { visible } = node.disk;
    const base = snapshot === undefined ? undefined : metadataOf(snapshot);
    let term = base?.index === previous ? base.term : visible.term(previous);
    for (const entry of entries) {
      hold(
        entry.index === previous + 1,
        'entries have no gap',
        () => `node ${node.id}: ${entry.index} after ${previous}`,
      );
      hold(
        term !== undefined && entry.term >= term,
        'terms never fall along a log',
        () => `node ${node.id} at ${entry.index}`,
      );
      this.ledger.stores(node.id, entry, term);
      previous = entry.index;
      term = entry.term;
    }
  }

  moved(node: SimNode): void {
    if (node.alive === undefined) return;
    const { raft } = node.alive;
    const now: Progress = {
      life: node.alive,
      leads: raft.role === 'leader',
      term: raft.term,
      vote: raft.vote,
      commit: raft.raftLog.committed,
      applied: raft.raftLog.applied,
      configuration: raft.tracker.conf,
    };
    this.#checkMonotonic(node, now);
    if (raft.role === 'leader') this.#checkLeader(node, this.#last.get(node.id));
    if (now.commit > this.ledger.committedIndex) this.#checkCommit(node, now.commit);
    this.#last.set(node.id, now);
  }

  applies(node: SimNode, entry: Entry): void {
    this.ledger.applies(node.id, entry);
  }

  reaches(node: SimNode, state: AppliedState): void {
    this.ledger.reaches(node.id, state);
  }

  /** I6: nothing that a node has come to is taken back; after a crash, nothing that was durable. */
  #checkMonotonic({ id, disk }: SimNode, now: Progress): void {
    const last = this.#last.get(id);
    const { hardState, applied } = disk.durable;
    const facts = () =>
      `node ${id}: ${JSON.stringify({ now, last, hardState }, ['now', 'last', 'hardState', 'term', 'vote', 'commit', 'applied'])}`;
    const before = last !== undefined && last.life === now.life ? last : { ...hardState, applied: applied.index };
    hold(now.term >= before.term, 'I6 the term never falls', facts);
    hold(now.term > before.term || before.vote === 0 || now.vote === before.vote, 'I6 a vote is not changed', facts);
    hold(now.commit >= before.commit, 'I6 commit never falls', facts);
    hold(now.applied >= before.applied, 'I6 applied never falls', facts);
    hold(now.applied <= now.commit, 'I6 applied <= commit', facts);
  }

  /** I1, I3 and I8, where a node leads. */
  #checkLeader(node: SimNode, last: Progress | undefined): void {
    if (node.alive === undefined) return;
    const { raft } = node.alive;
    const { raftLog } = raft;
    this.ledger.leads(node.id, raft.term);
    const unapplied = countConfChanges(node, raftLog.applied + 1);
    hold(unapplied <= 1, 'I8 one change at a time', () => `leader ${node.id} has ${unapplied} that are not applied`);
    if (last?.leads && last.term === raft.term && last.life === node.alive) return;
    const votes = new Map(
      this.nodes.map(({ id }) => [id, id === node.id || this.ledger.votedFor(id, raft.term) === node.id]),
    );
    const elected = raft.tracker.conf.voters.ids().length > 0 && isQuorum(raft.tracker.conf, votes);
    hold(elected, 'I1 elected by a quorum of both halves', () => `leader ${node.id} of ${raft.term}`);
    for (let index = raftLog.firstIndex(); index <= this.ledger.committedIndex; index++) {
      const term = this.ledger.committedTerm(index);
      if (term === undefined) continue;
      hold(
        raftLog.term(index) === term,
        'I3 leader completeness',
        () => `leader ${node.id} of ${raft.term} lacks ${term}/${index}`,
      );
    }
  }

  /** I5: what is committed is durable on a quorum of the configuration of the leader that commits it, whatever the nodes say. */
  #checkCommit(node: SimNode, commit: number): void {
    if (node.alive === undefined) return;
    const { raft } = node.alive;
    for (let index = this.ledger.committedIndex + 1; index <= commit; index++) {
      const [entry] = raft.raftLog.slice(index, index + 1, 0, { kind: 'empty', canAsync: false });
      if (entry === undefined) throw new Error(`no entry ${index} on node ${node.id}`);
      this.ledger.commits(entry);
    }
    hold(raft.role === 'leader', 'I5 a leader commits first', () => `node ${node.id}, ${commit}`);
    const term = raft.raftLog.term(commit);
    hold(
      term === raft.term,
      'I5 only entries of its own term are counted',
      () => `leader ${node.id} of ${raft.term}: ${term}/${commit}`,
    );
    const has = (id: number) => {
      const { durable } = this.#nodeOf(id).disk;
      return durable.term(commit) === term || durable.base.index > commit;
    };
    const holders = new Map(this.nodes.map(({ id }) => [id, has(id)]));
    hold(
      isQuorum(raft.tracker.conf, holders),
      'I5 durable on a quorum',
      () => `${term}/${commit} of ${raft.tracker.conf}`,
    );
  }

  #nodeOf(id: number): SimNode {
    const found = this.nodes[id - 1];
    if (found === undefined) throw new Error(`no node ${id}`);
    return found;
  }
}

/** Counted here by itself: the core's own arithmetic is under test. */
function isQuorum({ voters }: Configuration, holds: ReadonlyMap<number, boolean>): boolean {
  return [voters.incoming, voters.outgoing].every(({ ids }) => {
    return ids.length === 0 || ids.filter((id) => holds.get(id)).length * 2 > ids.length;
  });
}

function countConfChanges({ alive }: SimNode, from: number): number {
  if (alive === undefined) return 0;
  const { raftLog } = alive.raft;
  const low = Math.max(from, raftLog.firstIndex());
  const entries = raftLog.slice(low, raftLog.lastIndex() + 1, Number.MAX_SAFE_INTEGER, {
    kind: 'empty',
    canAsync: false,
  });
  return entries.filter(isConfChangeEntry).length;
}
