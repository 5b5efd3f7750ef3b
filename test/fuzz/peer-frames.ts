import { type EntryType, Message, MessageType } from '../../src/gen/raft/v1/raft.js';
import { ConnectRequest, PeerFrame, PeerHello, SendSnapshotRequest } from '../../src/gen/raftctl/v1/transport.js';
import type { Chance } from './chance.js';

/** The node that somebody pretends to be, and the one that is spoken to. */
const [speaker, hearer] = [2, 1];

const types = [
  MessageType.APPEND,
  MessageType.APPEND,
  MessageType.APPEND_RESPONSE,
  MessageType.REQUEST_VOTE,
  MessageType.REQUEST_VOTE_RESPONSE,
  MessageType.REQUEST_PRE_VOTE,
  MessageType.REQUEST_PRE_VOTE_RESPONSE,
  MessageType.HEARTBEAT,
  MessageType.HEARTBEAT_RESPONSE,
  MessageType.TRANSFER_LEADER,
  MessageType.TIMEOUT_NOW,
  MessageType.READ_INDEX,
  MessageType.READ_INDEX_RESP,
  MessageType.HUP,
  MessageType.SNAPSHOT,
] as const;

/** A hello of a member of the cluster that the hearer accepts. */
function trueHello(clusterId: string): PeerHello {
  return PeerHello.fromPartial({
    clusterId,
    incarnation: 1,
    from: speaker,
    to: hearer,
    address: '127.0.0.1:1',
    version: 'fuzz',
    stateMachine: 'kv',
    configIndex: 1_000_000,
    instance: '2'.repeat(32),
  });
}

/** A message that a peer could send, if the log were such. */
function possibleMessage(chance: Chance, msgType: MessageType = chance.pick(types)): Message {
  const index = chance.int(0, 30);
  const term = chance.int(1, 6);
  const entries = chance
    .list(chance.int(0, 4), () => 0)
    .map((_, at) => ({
      entryType: (chance.oneIn(10) ? chance.int(0, 4) : 0) as EntryType,
      index: index + 1 + at,
      term,
      // A no-op: anything else would be a command that a leader has a right to give.
      data: new Uint8Array(),
      context: new Uint8Array(),
    }));
  return Message.fromPartial({
    ...{ msgType, from: speaker, to: hearer, term, index, entries },
    logTerm: index === 0 ? 0 : chance.int(1, term + 1),
    commit: chance.int(0, 40),
    reject: chance.oneIn(4),
    rejectHint: chance.int(0, 40),
    context: chance.bytes(chance.pick([0, 0, 8, 16])),
  });
}

function encoded(frame: PeerFrame['frame']): Buffer {
  return Buffer.from(ConnectRequest.encode({ frame: PeerFrame.fromPartial({ frame }) }).finish());
}

/** What a peer says on its stream: hello, batches, pings. */
export function peerFrames(clusterId: string, chance: Chance): Buffer[] {
  const others = chance.list(chance.int(0, 5), () =>
    chance.oneIn(4)
      ? encoded({ $case: 'ping', value: { nonce: chance.int(0, 1000), echo: chance.oneIn(2) } })
      : encoded({ $case: 'batch', value: { messages: chance.list(chance.int(0, 4), () => possibleMessage(chance)) } }),
  );
  return [encoded({ $case: 'hello', value: trueHello(clusterId) }), ...others];
}

/** What a peer sends with a snapshot: the header, and the file in pieces. */
export function snapshotParts(clusterId: string, file: Buffer, chance: Chance): Buffer[] {
  const confState = { voters: [hearer, speaker] };
  const snapshot = { metadata: { index: chance.int(0, 100), term: chance.int(0, 6), confState } };
  const message = Message.fromPartial({ ...possibleMessage(chance, MessageType.SNAPSHOT), snapshot });
  const header = { hello: trueHello(clusterId), message, bytes: file.length };
  const parts: Buffer[] = [
    Buffer.from(SendSnapshotRequest.encode({ part: { $case: 'header', value: header } }).finish()),
  ];
  const pieceBytes = chance.int(1, file.length + 1);
  for (let at = 0; at < file.length && parts.length < 20; at += pieceBytes) {
    const value = file.subarray(at, at + pieceBytes);
    parts.push(Buffer.from(SendSnapshotRequest.encode({ part: { $case: 'chunk', value } }).finish()));
  }
  return parts;
}
