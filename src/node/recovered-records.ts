import { EventType } from '../gen/raftctl/v1/history.js';
import { ChangeResult, Member } from '../gen/raftctl/v1/member.js';
import { endChange, isRunning, newestChange } from './changes/change-records.js';
import { appendEvent } from './history.js';
import { applyMembership, readMembers } from './members.js';
import type { AppliedMark, StateTxn } from './ports.js';

/** What is to be remembered of a recovery without a quorum. */
export interface Recovery {
  /** Milliseconds since 1970-01-01 UTC. */
  readonly atMs: number;
  readonly text: string;
  readonly by: string;
  readonly reason: string;
  /** Who goes on: a member that the log's last change takes out and that goes on all the same is written down anew from here. */
  readonly survivors: readonly { readonly id: number; readonly name: string; readonly address: string }[];
}

/**
 * Brings the cluster's own records to a configuration that was forced on it: members that are gone leave, with tombstones where they ever
 * voted, a change that was running has failed, and the history says what happened. Client sessions stay: a retry is still known.
 *
 * @param txn the node's whole keyspace
 * @param before where apply stood
 * @param after where the log begins anew
 */
export function recoverRecords(txn: StateTxn, before: AppliedMark, after: AppliedMark, recovery: Recovery): void {
  const { atMs, text, by, reason, survivors } = recovery;
  const known = new Set(readMembers(txn).map(({ id }) => id));
  const members = survivors
    .filter(({ id, address }) => !known.has(id) && address !== '')
    .map(({ id, name, address }) => Member.create({ id, name, address }));
  applyMembership(txn, {
    index: after.index,
    before: before.confState,
    after: after.confState,
    context: { members, atMs },
  });
  const change = newestChange(txn);
  if (change !== undefined && isRunning(change)) {
    const result = ChangeResult.FAILED;
    endChange(txn, after, { id: change.id, result, errorCode: 'E_NO_QUORUM', text: 'the cluster was recovered', atMs });
  }
  appendEvent(txn, after.index, {
    ...{ atMs, text, by, reason },
    type: EventType.RECOVERY,
    term: after.term,
    cause: 'recovered',
    confState: after.confState,
  });
}
