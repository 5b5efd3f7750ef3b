import { AuditRecord, EventType } from '../gen/raftctl/v1/history.js';
import { ChangeResult, Member } from '../gen/raftctl/v1/member.js';
import { endChange, isRunning, newestChange } from './changes/change-records.js';
import { appendEvent } from './history.js';
import { applyMembership, putMember, readMembers } from './members.js';
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
  const known = new Set(readMembers(txn).map(({ id }) => id));
  const members = recovery.survivors
    .filter(({ id, address }) => !known.has(id) && address !== '')
    .map(({ id, name, address }) => Member.create({ id, name, address }));
  forceConfiguration(txn, before, after, { ...recovery, members, cause: 'recovered' });
}

/** What is to be remembered of a restore. */
export interface Restore extends Omit<Recovery, 'survivors'> {
  /** All members, as they are from here on: a member may be somewhere else now, and has another data directory in any case. */
  readonly members: Recovery['survivors'];
}

/**
 * Brings the cluster's own records to the configuration of a restore, as `recoverRecords` does. Which data directories its members have is
 * yet to be found out.
 * @param txn all but the state machine's records and the sessions, which stay as they are
 */
export function restoreRecords(txn: StateTxn, before: AppliedMark, after: AppliedMark, restore: Restore): void {
  const members = restore.members.map(({ id, name, address }) => Member.create({ id, name, address }));
  forceConfiguration(txn, before, after, { ...restore, members, cause: 'restored' });
  for (const member of readMembers(txn)) putMember(txn, { ...member, instance: undefined });
}

/** What is written down of a configuration that was forced on a cluster. */
interface ForcedConfiguration extends Omit<Recovery, 'survivors'> {
  readonly members: Member[];
  readonly cause: 'recovered' | 'restored';
}

function forceConfiguration(txn: StateTxn, before: AppliedMark, after: AppliedMark, forced: ForcedConfiguration): void {
  const { atMs, text, by, reason, members, cause } = forced;
  applyMembership(txn, {
    index: after.index,
    before: before.confState,
    after: after.confState,
    context: { members, atMs },
  });
  const change = newestChange(txn);
  if (change !== undefined && isRunning(change)) {
    const result = ChangeResult.FAILED;
    const errorCode = cause === 'recovered' ? 'E_NO_QUORUM' : 'E_ABORTED';
    endChange(txn, after, { id: change.id, result, errorCode, text: `the cluster was ${cause}`, atMs });
  }
  appendEvent(txn, after.index, {
    ...{ atMs, text, by, reason },
    type: EventType.RECOVERY,
    term: after.term,
    cause,
    confState: after.confState,
  });
  appendEvent(txn, after.index, {
    ...{ atMs, text, by, reason },
    type: EventType.AUDIT,
    term: after.term,
    cause: cause === 'recovered' ? 'recover apply' : 'snapshot restore apply',
    audit: AuditRecord.create({ from: 'offline', target: 'the whole cluster', result: 'ok' }),
  });
}
