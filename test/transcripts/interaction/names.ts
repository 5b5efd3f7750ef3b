import { EntryType, MessageType } from '../../../src/gen/raft/v1/raft.js';
import { StepError } from './output.js';

/** Names that transcripts use, which are etcd/raft's. */
export const MESSAGE_NAMES: Readonly<Record<MessageType, string>> = {
  [MessageType.HUP]: 'MsgHup',
  [MessageType.BEAT]: 'MsgBeat',
  [MessageType.PROPOSE]: 'MsgProp',
  [MessageType.APPEND]: 'MsgApp',
  [MessageType.APPEND_RESPONSE]: 'MsgAppResp',
  [MessageType.REQUEST_VOTE]: 'MsgVote',
  [MessageType.REQUEST_VOTE_RESPONSE]: 'MsgVoteResp',
  [MessageType.SNAPSHOT]: 'MsgSnap',
  [MessageType.HEARTBEAT]: 'MsgHeartbeat',
  [MessageType.HEARTBEAT_RESPONSE]: 'MsgHeartbeatResp',
  [MessageType.UNREACHABLE]: 'MsgUnreachable',
  [MessageType.SNAP_STATUS]: 'MsgSnapStatus',
  [MessageType.CHECK_QUORUM]: 'MsgCheckQuorum',
  [MessageType.TRANSFER_LEADER]: 'MsgTransferLeader',
  [MessageType.TIMEOUT_NOW]: 'MsgTimeoutNow',
  [MessageType.READ_INDEX]: 'MsgReadIndex',
  [MessageType.READ_INDEX_RESP]: 'MsgReadIndexResp',
  [MessageType.REQUEST_PRE_VOTE]: 'MsgPreVote',
  [MessageType.REQUEST_PRE_VOTE_RESPONSE]: 'MsgPreVoteResp',
  [MessageType.FORGET_LEADER]: 'MsgForgetLeader',
};

export const ENTRY_NAMES: Readonly<Record<EntryType, string>> = {
  [EntryType.NORMAL]: 'EntryNormal',
  [EntryType.CONF_CHANGE]: 'EntryConfChange',
  [EntryType.CONF_CHANGE_V2]: 'EntryConfChangeV2',
};

/** The type that a transcript names, `MsgApp` say. */
export function messageTypeNamed(name: string): MessageType {
  const found = Object.entries(MESSAGE_NAMES).find(([, known]) => known === name);
  if (found === undefined) throw new StepError(`unknown message type ${name}`);
  return Number(found[0]);
}
