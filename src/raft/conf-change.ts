import {
  ConfChange,
  type ConfChangeSingle,
  ConfChangeTransition,
  ConfChangeType,
  ConfChangeV2,
  type ConfState,
  EntryType,
} from '../gen/raft/v1/raft.js';
import { RaftError } from './errors.js';

/** One step of a change. */
export function newConfChangeSingle(nodeId: number, changeType: ConfChangeType): ConfChangeSingle {
  return { nodeId, changeType };
}

/** A change of either version as one of version 2, which is what the core applies. */
export function intoV2(change: ConfChange | ConfChangeV2): ConfChangeV2 {
  if (isV2(change)) return change;
  return {
    transition: ConfChangeTransition.AUTO,
    changes: [newConfChangeSingle(change.nodeId, change.changeType)],
    context: change.context,
  };
}

/** Whether the change enters a joint configuration, and if so whether that is left automatically; undefined: it enters none. */
export function enterJoint(change: ConfChangeV2): boolean | undefined {
  switch (change.transition) {
    case ConfChangeTransition.AUTO:
      return change.changes.length > 1 ? true : undefined;
    case ConfChangeTransition.IMPLICIT:
      return true;
    case ConfChangeTransition.EXPLICIT:
      return false;
    default:
      return undefined;
  }
}

/** Whether the change leaves the joint configuration to the incoming voters. Its context does not matter. */
export function leaveJoint(change: ConfChangeV2): boolean {
  return change.transition === ConfChangeTransition.AUTO && change.changes.length === 0;
}

/** Whether the change leaves the joint configuration to the outgoing voters. */
export function isRollback(change: ConfChangeV2): boolean {
  return change.transition === ConfChangeTransition.ROLLBACK;
}

/**
 * Type and data of the entry that carries the change.
 * @throws RaftError of kind `conf-change` where it cannot be written: a node id that is none, say
 */
export function encodeConfChange(change: ConfChange | ConfChangeV2): { entryType: EntryType; data: Uint8Array } {
  try {
    return isV2(change)
      ? { entryType: EntryType.CONF_CHANGE_V2, data: ConfChangeV2.encode(change).finish() }
      : { entryType: EntryType.CONF_CHANGE, data: ConfChange.encode(change).finish() };
  } catch (cause) {
    throw new RaftError('conf-change', `configuration change cannot be written: ${cause}`);
  }
}

/**
 * The change that an entry carries.
 * @throws RaftError of kind `malformed-message` where the data is no change, or the entry no entry of a change
 */
export function decodeConfChange(entry: { readonly entryType: EntryType; readonly data: Uint8Array }): ConfChangeV2 {
  try {
    if (entry.entryType === EntryType.CONF_CHANGE_V2) return ConfChangeV2.decode(entry.data);
    if (entry.entryType === EntryType.CONF_CHANGE) return intoV2(ConfChange.decode(entry.data));
  } catch (cause) {
    throw new RaftError('malformed-message', `configuration change cannot be read: ${cause}`);
  }
  throw new RaftError('malformed-message', 'entry carries no configuration change');
}

const TYPE_OF_LETTER: Readonly<Record<string, ConfChangeType>> = {
  v: ConfChangeType.ADD_NODE,
  l: ConfChangeType.ADD_LEARNER_NODE,
  r: ConfChangeType.REMOVE_NODE,
  u: ConfChangeType.UPDATE_NODE,
};

/**
 * Reads `v1 l2 r3 u4`: make 1 a voter, 2 a learner, remove 3, update 4.
 * @throws RaftError of kind `conf-change`
 */
export function parseConfChange(text: string): ConfChangeSingle[] {
  const tokens = text.split(/\s+/).filter((token) => token !== '');
  return tokens.map((token) => {
    if (token.length < 2) throw new RaftError('conf-change', `unknown token ${token}`);
    const changeType = TYPE_OF_LETTER[token.charAt(0)];
    if (changeType === undefined) throw new RaftError('conf-change', `unknown input: ${token}`);
    const nodeId = Number(token.slice(1));
    if (!/^\d+$/.test(token.slice(1)) || !Number.isSafeInteger(nodeId)) {
      throw new RaftError('conf-change', `not a node id: ${token.slice(1)}`);
    }
    return newConfChangeSingle(nodeId, changeType);
  });
}

/** The reverse of `parseConfChange`. */
export function stringifyConfChange(changes: readonly ConfChangeSingle[]): string {
  const letters = Object.entries(TYPE_OF_LETTER);
  return changes
    .map(({ changeType, nodeId }) => `${letters.find(([, type]) => type === changeType)?.[0] ?? 'unknown'}${nodeId}`)
    .join(' ');
}

/** Whether two configurations are the same, in whatever order their lists are. */
export function confStateEqual(left: ConfState, right: ConfState): boolean {
  return (
    sameIds(left.voters, right.voters) &&
    sameIds(left.learners, right.learners) &&
    sameIds(left.votersOutgoing, right.votersOutgoing) &&
    sameIds(left.learnersNext, right.learnersNext) &&
    left.autoLeave === right.autoLeave
  );
}

function sameIds(left: readonly number[], right: readonly number[]): boolean {
  const rightIds = new Set(right);
  return new Set(left).size === rightIds.size && left.every((id) => rightIds.has(id));
}

function isV2(change: ConfChange | ConfChangeV2): change is ConfChangeV2 {
  return 'changes' in change;
}
