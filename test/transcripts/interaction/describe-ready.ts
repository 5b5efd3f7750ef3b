import type { HardState, Message } from '../../../src/gen/raft/v1/raft.js';
import type { StateRole } from '../../../src/raft/raft.js';
import type { Ready } from '../../../src/raft/ready.js';
import { describeEntries, describeHardState, describeMessage, describeSnapshot } from './describe.js';

/** Names of the roles in transcripts. */
export const ROLE_NAMES: Readonly<Record<StateRole, string>> = {
  follower: 'StateFollower',
  candidate: 'StateCandidate',
  leader: 'StateLeader',
  'pre-candidate': 'StatePreCandidate',
};

/** A Ready as etcd/raft prints it: only the parts that it has. @param before the hard state of the Ready before */
export function describeReady(ready: Ready, before: HardState): string {
  const messages = [...ready.messages, ...ready.persistedMessages];
  const { ss, hs, readStates, entries, snapshot, committedEntries } = ready;
  let text = '';
  if (ss !== undefined) text += `Lead:${ss.leaderId} State:${ROLE_NAMES[ss.raftState]}\n`;
  if (hs !== undefined) text += `HardState ${describeHardState(hs)}\n`;
  if (readStates.length > 0) {
    text += `ReadStates [${readStates.map(({ index, requestContext }) => `{${index} [${requestContext.join(' ')}]}`).join(' ')}]\n`;
  }
  if (entries.length > 0) text += `Entries:\n${describeEntries(entries)}`;
  if (snapshot !== undefined) text += `Snapshot ${describeSnapshot(snapshot)}\n`;
  if (committedEntries.length > 0) text += `CommittedEntries:\n${describeEntries(committedEntries)}`;
  if (messages.length > 0)
    text += `Messages:\n${messages.map((message: Message) => `${describeMessage(message)}\n`).join('')}`;
  if (text === '') return '<empty Ready>';
  // As etcd/raft counts it: a snapshot alone is not waited for.
  const mustSync = entries.length > 0 || (hs !== undefined && (hs.term !== before.term || hs.vote !== before.vote));
  return `Ready MustSync=${mustSync}:\n${text}`;
}
