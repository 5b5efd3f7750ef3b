import { crc32 } from 'node:zlib';
import { type ConfState, type Entry, type Message, MessageType } from '../../../src/gen/raft/v1/raft.js';
import { isConfChangeEntry } from '../../../src/raft/messages.js';
import type { Raft } from '../../../src/raft/raft.js';
import type { RawNode } from '../../../src/raft/raw-node.js';
import type { Configuration } from '../../../src/raft/tracker/configuration.js';
import { decodeLogRecord, indexOfKey } from '../../../src/storage/log-record.js';
import { hold, type Ledger } from '../ledger.js';
import { Contacts, isQuorum } from './contacts.js';
import type { Counters } from './counters.js';
import { durableApplied, durableBounds, durableHardState, durableTerm } from './durable-state.js';
import type { SimulatedNode } from './node.js';
import { bytesOf } from './ordered-table.js';
import { Promises } from './promises.js';
import { checkSuccession } from './succession.js';

/** What a node had come to when it was last looked at, in this life. */
interface Progress {
  readonly core: RawNode;
  readonly role: Raft['role'];
  readonly term: number;
  readonly vote: number;
  readonly commit: number;
  readonly applied: number;
  readonly lastIndex: number;
  readonly configuration: Configuration;
  /** Ticks of the node when it came to this role, in this configuration. */
  readonly sinceTick: number;
}

/** What was written to a machine's disk since it was last looked at. */
interface Written {
  hasApplied: boolean;
  readonly entries: Map<number, Entry>;
  /** Of either keyspace, over all of its records whatever the order in which they came. */
  readonly stateHashes: Map<string, [number, number]>;
}

const empty = { kind: 'empty', canAsync: false } as const;

/**
 * Looks at every node behind every event in which it took part, and at every message that leaves one, and holds what it sees against the rules
 * and against all that was seen before. What is durable it takes from the disk, never from a node's word.
 */
export class ClusterWatch {
  readonly #last = new Map<number, Progress>();
  readonly #written = new Map<number, Written>();
  readonly #touched = new Set<number>();
  readonly #promises: Promises;
  readonly #contacts = new Contacts();
  #configIndex = 0;
  #configuration: ConfState | undefined;
  /** Checks made. */
  checks = 0;
  /** A node has begun to lead. */
  onLeader: (id: number) => void = () => {};
  /** A joint configuration is in force. */
  onJoint: () => void = () => {};

  constructor(
    readonly nodes: readonly SimulatedNode[],
    readonly ledger: Ledger,
    readonly counters: Counters,
  ) {
    this.#promises = new Promises(ledger);
    for (const { machine } of nodes) {
      this.#written.set(machine.id, { hasApplied: false, entries: new Map(), stateHashes: new Map() });
      machine.onEvent = () => this.#touched.add(machine.id);
      machine.onCommit = (table, key, before, after) => this.#onCommit(machine.id, table, key, before, after);
    }
  }

  /** The disk of a node is another one now. */
  forget(id: number): void {
    this.#written.set(id, { hasApplied: false, entries: new Map(), stateHashes: new Map() });
    this.#last.delete(id);
  }

  /** Looks at the nodes that took part in what has just happened. */
  look(): void {
    for (const id of this.#touched) {
      const node = this.#nodeOf(id);
      // Whatever happens in another cluster is none of this one's business.
      if (node.damage === 'foreign') continue;
      this.#lookAtDisk(node);
      if (node.running !== undefined) this.#lookAtCore(node, node.running.node['context'].core);
    }
    this.#touched.clear();
  }

  /** What leaves a node must be true for ever, so it must be on its disk. */
  send(message: Message): void {
    this.checks++;
    const { machine, damage } = this.#nodeOf(message.from);
    const isFromStranger = damage === 'foreign' || damage === 'wiped';
    hold(!isFromStranger, 'I10 nobody talks to who is not who it was', () => `node ${message.to} to ${message.from}`);
    this.ledger.sends(message);
    this.#promises.sends(message, this.#nodeOf(message.from).running?.node['context'].core.raft);
    if (damage !== undefined || message.reject) return;
    if (message.msgType === MessageType.REQUEST_VOTE_RESPONSE) {
      const { term, vote } = durableHardState(machine);
      hold(
        term > message.term || (term === message.term && vote === message.to),
        'I1 a vote is durable before it leaves',
        () => `node ${message.from}`,
      );
    }
    if (message.msgType === MessageType.APPEND_RESPONSE && message.term === durableHardState(machine).term) {
      hold(
        durableBounds(machine).lastIndex >= message.index,
        'I5 an acknowledged entry is durable',
        () => `node ${message.from}, ${message.index}`,
      );
    }
  }

  #onCommit(
    id: number,
    table: string,
    key: string,
    before: Uint8Array | undefined,
    after: Uint8Array | undefined,
  ): void {
    const written = this.#writtenBy(id);
    if (table === 'meta') written.hasApplied ||= key === 'applied-state';
    else if (table === 'log') {
      const index = indexOfKey(bytesOf(key));
      if (after !== undefined) written.entries.set(index, decodeLogRecord(index, after));
    } else {
      const hash = written.stateHashes.get(table) ?? [0, 0];
      for (const value of [before, after]) {
        if (value === undefined) continue;
        const [left, right] = recordHash(key, value);
        hash[0] ^= left;
        hash[1] ^= right;
      }
      written.stateHashes.set(table, hash);
    }
  }

  #lookAtDisk(node: SimulatedNode): void {
    const written = this.#writtenBy(node.id);
    if (node.damage !== undefined) return;
    if (written.hasApplied) {
      written.hasApplied = false;
      const { index, keyspace, confState } = durableApplied(node.machine);
      if (index === 0 || confState === undefined) return;
      const hash = (written.stateHashes.get(keyspace === 0 ? 'state-a' : 'state-b') ?? [0, 0]).join('/');
      this.checks++;
      this.ledger.reaches(node.id, { index, hash, confState });
    }
    if (written.entries.size === 0 || node.running === undefined) return;
    const { raftLog } = node.running.node['context'].core.raft;
    for (const [index, entry] of written.entries) {
      const previousTerm = raftLog.term(index - 1);
      if (previousTerm === undefined || raftLog.term(index) !== entry.term) continue;
      this.checks++;
      this.ledger.stores(node.id, entry, previousTerm);
    }
    written.entries.clear();
  }

  #lookAtCore(node: SimulatedNode, core: RawNode): void {
    const { raft } = core;
    const { raftLog } = raft;
    const last = this.#last.get(node.id);
    this.checks++;
    if (last !== undefined && isAsIt(last, core)) {
      // All else follows from what is the same as it was.
      this.#promises.look(node.id, raft);
      if (raft.role === 'leader') this.#checkContact(node, raft, last);
      this.#checkConfiguration(node);
      return;
    }
    if (last !== undefined && last.core !== core) this.#contacts.forget(node.id);
    const now: Progress = {
      core,
      role: raft.role,
      term: raft.term,
      vote: raft.vote,
      commit: raftLog.committed,
      applied: raftLog.applied,
      lastIndex: raftLog.lastIndex(),
      configuration: raft.tracker.conf,
      sinceTick: this.#sinceTick(node, raft, last),
    };
    // A node that is fresh, or is just being bootstrapped, has a core that nobody else knows of.
    if (node.running?.store.identity.clusterId === '' || raft.tracker.conf.members().size === 0) return;
    this.#checkMonotonic(node, now, last);
    this.#promises.look(node.id, raft);
    if (now.commit > this.ledger.committedIndex) this.#checkCommit(node, raft, last);
    this.#checkCommitted(node, raft, last);
    if (raft.role === 'leader') this.#checkLeader(node, raft, last);
    this.#checkConfiguration(node);
    this.#count(node.id, now, last);
    this.#last.set(node.id, now);
  }

  /** I6: nothing that a node has come to is taken back; after a crash, nothing that was durable. */
  #checkMonotonic(node: SimulatedNode, now: Progress, last: Progress | undefined): void {
    const isSameLife = last !== undefined && last.core === now.core;
    const { term, vote, commit, applied } = isSameLife
      ? last
      : { ...durableHardState(node.machine), applied: durableApplied(node.machine).index };
    const facts = () =>
      `node ${node.id}: term ${now.term}, vote ${now.vote}, commit ${now.commit}, applied ${now.applied} after ${[term, vote, commit, applied]}`;
    hold(now.term >= term, 'I6 the term never falls', facts);
    hold(now.term > term || vote === 0 || now.vote === vote, 'I6 a vote is not changed', facts);
    hold(now.commit >= commit, 'I6 commit never falls', facts);
    hold(now.applied >= applied, 'I6 applied never falls', facts);
    hold(now.applied <= now.commit, 'I6 applied <= commit', facts);
  }

  /** I1, I3 and I8, where a node leads. */
  #checkLeader(node: SimulatedNode, raft: Readonly<Raft>, last: Progress | undefined): void {
    const { raftLog } = raft;
    this.ledger.leads(node.id, raft.term);
    this.#checkContact(node, raft, last);
    // The core of one whose last write was refused counts on entries that the disk has not: nobody hears of it any more.
    if (node.running?.node['context'].stopping === true) return;
    const unapplied = countConfChanges(raft);
    hold(unapplied <= 1, 'I8 one change at a time', () => `leader ${node.id} has ${unapplied} that are not applied`);
    hold(raft.tracker.conf.voters.contains(raft.id), 'I8 a leader is a voter', () => `node ${node.id}`);
    const isNew =
      last?.role !== 'leader' || last.term !== raft.term || last.core !== node.running?.node['context'].core;
    if (!isNew) return;
    const votes = (id: number) => id === node.id || this.ledger.votedFor(id, raft.term) === node.id;
    hold(
      isQuorum(raft.tracker.conf, votes) || (last !== undefined && isQuorum(last.configuration, votes)),
      'I1 elected by a quorum of both halves',
      () => `leader ${node.id} of ${raft.term}`,
    );
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

  #sinceTick({ running }: SimulatedNode, raft: Readonly<Raft>, last: Progress | undefined): number {
    // A transfer begins the time-out anew.
    const isCalm = raft.leadTransferee === 0 && last?.configuration === raft.tracker.conf;
    const isSame = isCalm && last?.role === raft.role && last.term === raft.term;
    return isSame ? last.sinceTick : (running?.node['context'].ticks ?? 0);
  }

  /** A message from one has come to another. */
  receives(id: number, from: number): void {
    const ticks = this.#nodeOf(id).running?.node['context'].ticks;
    if (ticks !== undefined) this.#contacts.hears(id, from, ticks);
  }

  #checkContact(node: SimulatedNode, raft: Readonly<Raft>, last: Progress | undefined): void {
    if (last === undefined) return;
    const ticks = node.running?.node['context'].ticks ?? 0;
    const isNewConfiguration = raft.tracker.conf !== last.configuration;
    this.#contacts.check(raft, { ticks, sinceTick: this.#sinceTick(node, raft, last), isNewConfiguration });
  }

  /** I5: what is committed is durable on a quorum of the configuration of the leader that commits it, whatever the nodes say. */
  #checkCommit(node: SimulatedNode, raft: Readonly<Raft>, last: Progress | undefined): void {
    const commit = raft.raftLog.committed;
    for (let index = this.ledger.committedIndex + 1; index <= commit; index++) {
      const [entry] = raft.raftLog.slice(index, index + 1, 0, empty);
      if (entry === undefined) throw new Error(`no entry ${index} on node ${node.id}`);
      this.ledger.commits(entry);
    }
    hold(
      raft.role === 'leader' || last?.role === 'leader',
      'I5 a leader commits first',
      () => `node ${node.id}, ${commit}`,
    );
    const term = raft.raftLog.term(commit);
    hold(
      term === raft.term || term === last?.term,
      'I5 only entries of its own term are counted',
      () => `leader ${node.id} of ${raft.term}: ${term}/${commit}`,
    );
    const has = (id: number) => {
      const other = this.nodes[id - 1];
      return other !== undefined && (other.damage !== undefined || durableTerm(other.machine, commit) === term);
    };
    hold(
      isQuorum(raft.tracker.conf, has) || (last !== undefined && isQuorum(last.configuration, has)),
      'I5 durable on a quorum',
      () => `${term}/${commit} of ${raft.tracker.conf}`,
    );
  }

  /** I4: what a node takes for committed is what was committed. */
  #checkCommitted(node: SimulatedNode, raft: Readonly<Raft>, last: Progress | undefined): void {
    const { raftLog } = raft;
    const from = last?.core === node.running?.node['context'].core ? (last?.commit ?? 0) : 0;
    for (let index = Math.max(from + 1, raftLog.firstIndex()); index <= raftLog.committed; index++) {
      const [term, committed] = [raftLog.term(index), this.ledger.committedTerm(index)];
      hold(
        committed === undefined || term === committed,
        'I4 state machine safety',
        () => `node ${node.id} has ${term}/${index}, committed is ${committed}/${index}`,
      );
    }
  }

  /** I8: each configuration follows on the one before it in a way that makes their quorums meet. */
  #checkConfiguration({ running }: SimulatedNode): void {
    const applied = running?.node['context'].applied;
    if (applied === undefined || applied.configIndex <= this.#configIndex) return;
    const { configIndex, confState } = applied;
    if (this.#configuration !== undefined) checkSuccession(this.#configuration, confState, configIndex);
    this.#configIndex = configIndex;
    this.#configuration = confState;
    const isJoint = confState.votersOutgoing.length > 0;
    this.counters.add(isJoint ? 'joint configuration entered' : 'simple configuration entered');
    if (isJoint) this.onJoint();
  }

  #count(id: number, now: Progress, last: Progress | undefined): void {
    if (last === undefined || last.core !== now.core || last.role === now.role) return;
    if (now.role === 'leader') {
      this.counters.add('leader elected');
      this.onLeader(id);
    } else if (last.role === 'leader')
      this.counters.add(now.term === last.term ? 'leader stepped down' : 'leader deposed');
    else if (last.role === 'candidate' && now.term === last.term) this.counters.add('election lost');
    else if (last.role === 'pre-candidate' && now.term === last.term) this.counters.add('pre-vote lost');
    if (now.configuration.isJoint()) this.counters.add('role changed while joint');
  }

  #nodeOf(id: number): SimulatedNode {
    const found = this.nodes[id - 1];
    if (found === undefined) throw new Error(`no node ${id}`);
    return found;
  }

  #writtenBy(id: number): Written {
    const found = this.#written.get(id);
    if (found === undefined) throw new Error(`no node ${id}`);
    return found;
  }
}

/** Whether nothing has changed of what the rules speak of, but for what others may do: a leader only adds to its log, and nobody takes back. */
function isAsIt(last: Progress, core: RawNode): boolean {
  const { raft } = core;
  const { raftLog } = raft;
  return (
    last.core === core &&
    last.role === raft.role &&
    last.term === raft.term &&
    last.vote === raft.vote &&
    last.commit === raftLog.committed &&
    last.applied === raftLog.applied &&
    last.lastIndex === raftLog.lastIndex() &&
    last.configuration === raft.tracker.conf &&
    raft.leadTransferee === 0
  );
}

function countConfChanges({ raftLog }: Readonly<Raft>): number {
  const low = Math.max(raftLog.applied + 1, raftLog.firstIndex());
  const entries = raftLog.slice(low, raftLog.lastIndex() + 1, Number.MAX_SAFE_INTEGER, empty);
  return entries.filter(isConfChangeEntry).length;
}

function recordHash(key: string, value: Uint8Array): [number, number] {
  const name = bytesOf(key);
  return [mixed(crc32(value, crc32(name))), mixed(crc32(name, crc32(value, 0x5bd1e995)))];
}

function mixed(word: number): number {
  const once = Math.imul(word ^ (word >>> 16), 0x7feb352d);
  return Math.imul(once ^ (once >>> 15), 0x846ca68b);
}
