import { ConfChangeType, type ConfChangeV2, type Entry, type Message, MessageType } from '../gen/raft/v1/raft.js';
import { isConfChangeEntry, snapshotIndex } from './messages.js';
import type { Raft, StateRole } from './raft.js';

/**
 * What a node tells of itself, if it is asked to (`Config.trace`): the events of etcd/raft's state trace, with its names, fields and places,
 * so that a run can be held against etcd/raft's TLA+ specification. Pre-votes are not part of that specification, nor of the trace: a run to
 * be validated leaves `preVote` off.
 *
 * Every function here does nothing but look at one field where nobody listens.
 */

/** The events. Those of a message come before a receiver has looked at it, and as soon as a sender has decided on it. */
export type TraceEventName =
  | 'InitState'
  | 'BecomeCandidate'
  | 'BecomeFollower'
  | 'BecomeLeader'
  | 'Commit'
  | 'Replicate'
  | 'ChangeConf'
  | 'ApplyConfChange'
  | 'Ready'
  | 'SendAppendEntriesRequest'
  | 'ReceiveAppendEntriesRequest'
  | 'SendAppendEntriesResponse'
  | 'ReceiveAppendEntriesResponse'
  | 'SendRequestVoteRequest'
  | 'ReceiveRequestVoteRequest'
  | 'SendRequestVoteResponse'
  | 'ReceiveRequestVoteResponse'
  | 'SendSnapshot'
  | 'ReceiveSnapshot';

/** A message as the trace shows it. Ids are strings; node 0 is `"0"`. */
export interface TraceMessage {
  /** etcd/raft's name of its type: `MsgApp`, `MsgVoteResp`, … */
  readonly type: string;
  readonly term: number;
  readonly from: string;
  readonly to: string;
  /** Number of entries; of a snapshot its index, as it stands for all entries up to there. */
  readonly entries: number;
  /** Term and index before the entries; 0 for a snapshot. */
  readonly logTerm: number;
  readonly index: number;
  readonly commit: number;
  /** Of no message here: always `"0"`. */
  readonly vote: string;
  readonly reject: boolean;
  readonly rejectHint: number;
}

/** What a configuration change wants (`changes`), or what is in force after it (`newconf`: the incoming voters). */
export interface TraceConfChange {
  readonly changes?: readonly { readonly nid: string; readonly action: TraceConfAction }[];
  readonly newconf?: readonly string[];
}

/** What becomes of a member. */
export type TraceConfAction = 'AddNewServer' | 'RemoveServer' | 'AddLearner';

/** One event, with the state of the node at that moment. It is a copy, and has JSON's types only. */
export interface TraceEvent {
  readonly name: TraceEventName;
  /** Id of the node. */
  readonly nid: string;
  readonly state: { readonly term: number; readonly vote: string; readonly commit: number };
  readonly role: 'StateFollower' | 'StateCandidate' | 'StateLeader' | 'StatePreCandidate';
  /** Index of the last entry. */
  readonly log: number;
  readonly applied: number;
  /** Incoming and outgoing voters. */
  readonly conf: readonly [incoming: readonly string[], outgoing: readonly string[]];
  readonly msg?: TraceMessage;
  readonly prop?: {
    readonly cc?: TraceConfChange;
    /** Of an append: how far the sender's own log is durable, and its end. */
    readonly match?: number;
    readonly next?: number;
  };
}

/** Takes the events of a node, in order, as they happen. It must not throw, and must not call the node. */
export type Tracer = (event: TraceEvent) => void;

/**
 * An event as a line of NDJSON, as etcd/raft's trace validation reads it. It knows the sending of a snapshot under the name of the append
 * that it stands for.
 */
export function traceLine(event: TraceEvent): string {
  const name = event.name === 'SendSnapshot' ? 'SendAppendEntriesRequest' : event.name;
  return `${JSON.stringify({ tag: 'trace', event: { ...event, name } })}\n`;
}

/** Something has happened to the node that its state tells enough about. */
export function traceState(raft: Raft, name: TraceEventName): void {
  raft.config.trace?.(eventOf(raft, name));
}

/** The leader is about to append entries; changes of the configuration have an event of their own. */
export function traceReplicate(raft: Raft, entries: readonly Entry[]): void {
  const { trace } = raft.config;
  if (trace === undefined) return;
  for (const entry of entries) if (!isConfChangeEntry(entry)) trace(eventOf(raft, 'Replicate'));
}

/** The leader has taken a proposed change of the configuration. */
export function traceChangeConf(raft: Raft, change: ConfChangeV2): void {
  const { trace } = raft.config;
  if (trace === undefined) return;
  const changes = change.changes.flatMap(({ nodeId, changeType }) => {
    const action = ACTIONS[changeType];
    return action === undefined ? [] : [{ nid: String(nodeId), action }];
  });
  if (changes.length > 0) trace({ ...eventOf(raft, 'ChangeConf'), prop: { cc: { changes } } });
}

/** A configuration with these incoming voters is about to be put into force. */
export function traceApplyConfChange(raft: Raft, voters: readonly number[]): void {
  const { trace } = raft.config;
  if (trace === undefined) return;
  trace({ ...eventOf(raft, 'ApplyConfChange'), prop: { cc: { newconf: voters.map(String) } } });
}

/** The node sends a message, or keeps it until what it says is durable. */
export function traceSend(raft: Raft, message: Message): void {
  const { trace } = raft.config;
  if (trace === undefined) return;
  const traced = TRACED_MESSAGES[message.msgType];
  if (traced === undefined) return;
  const event = { ...eventOf(raft, `Send${traced.what}`), msg: messageOf(message, traced.type) };
  const own = message.msgType === MessageType.APPEND ? raft.tracker.get(raft.id) : undefined;
  trace(own === undefined ? event : { ...event, prop: { match: own.matched, next: own.nextIdx } });
}

/** The node is about to look at a message, or at one of its own that has become durable. */
export function traceReceive(raft: Raft, message: Message): void {
  const { trace } = raft.config;
  if (trace === undefined) return;
  const traced = TRACED_MESSAGES[message.msgType];
  if (traced === undefined) return;
  trace({ ...eventOf(raft, `Receive${traced.what}`), msg: messageOf(message, traced.type) });
}

function eventOf(raft: Raft, name: TraceEventName): TraceEvent {
  const { voters } = raft.tracker.conf;
  return {
    name,
    nid: String(raft.id),
    state: { term: raft.term, vote: String(raft.vote), commit: raft.raftLog.committed },
    role: ROLE_NAMES[raft.role],
    log: raft.raftLog.lastIndex(),
    applied: raft.raftLog.applied,
    conf: [voters.incoming.ids.map(String), voters.outgoing.ids.map(String)],
  };
}

function messageOf(message: Message, type: string): TraceMessage {
  const { snapshot } = message;
  return {
    type,
    term: message.term,
    from: String(message.from),
    to: String(message.to),
    entries: snapshot === undefined ? message.entries.length : snapshotIndex(snapshot),
    logTerm: message.logTerm,
    index: message.index,
    commit: message.commit,
    vote: '0',
    reject: message.reject,
    rejectHint: message.rejectHint,
  };
}

/** Names of the roles, as etcd/raft prints them. */
export const ROLE_NAMES: Readonly<Record<StateRole, TraceEvent['role']>> = {
  follower: 'StateFollower',
  candidate: 'StateCandidate',
  leader: 'StateLeader',
  'pre-candidate': 'StatePreCandidate',
};

const ACTIONS: Readonly<Partial<Record<ConfChangeType, TraceConfAction>>> = {
  [ConfChangeType.ADD_NODE]: 'AddNewServer',
  [ConfChangeType.REMOVE_NODE]: 'RemoveServer',
  [ConfChangeType.ADD_LEARNER_NODE]: 'AddLearner',
};

/** The messages that are traced, by what they are to the specification, which takes a heartbeat for an append. */
type Traced =
  | 'AppendEntriesRequest'
  | 'AppendEntriesResponse'
  | 'RequestVoteRequest'
  | 'RequestVoteResponse'
  | 'Snapshot';

const TRACED_MESSAGES: Readonly<Partial<Record<MessageType, { readonly what: Traced; readonly type: string }>>> = {
  [MessageType.APPEND]: { what: 'AppendEntriesRequest', type: 'MsgApp' },
  [MessageType.HEARTBEAT]: { what: 'AppendEntriesRequest', type: 'MsgHeartbeat' },
  [MessageType.SNAPSHOT]: { what: 'Snapshot', type: 'MsgSnap' },
  [MessageType.APPEND_RESPONSE]: { what: 'AppendEntriesResponse', type: 'MsgAppResp' },
  [MessageType.HEARTBEAT_RESPONSE]: { what: 'AppendEntriesResponse', type: 'MsgHeartbeatResp' },
  [MessageType.REQUEST_VOTE]: { what: 'RequestVoteRequest', type: 'MsgVote' },
  [MessageType.REQUEST_VOTE_RESPONSE]: { what: 'RequestVoteResponse', type: 'MsgVoteResp' },
};
