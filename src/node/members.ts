import type { ConfState } from '../gen/raft/v1/raft.js';
import { Member, type MembershipContext } from '../gen/raftctl/v1/member.js';
import { KeyspacePrefix, prefixed, scopedTxn, scopedView, u64Bytes } from './keyspace.js';
import type { StateRecord, StateTxn, StateView } from './ports.js';

/** Added index of the members that a cluster was bootstrapped with. */
export const BOOTSTRAP_ADDED_INDEX = 1;

/**
 * Keeps the members table in step with the configuration: writes down the members that an applied change names, and removes those
 * that are in none of the configuration's sets any more. A member keeps the index at which it was first added while it stays.
 *
 * @param txn the node's whole keyspace
 * @param index log index of the change
 * @param confState the configuration after it
 */
export function applyMembership(
  txn: StateTxn,
  index: number,
  confState: ConfState,
  context: Pick<MembershipContext, 'members'>,
): void {
  const table = scopedTxn(txn, KeyspacePrefix.members);
  const configured = configuredIds(confState);
  const before = new Map(readMembers(txn).map((member) => [member.id, member]));
  for (const id of before.keys()) {
    if (!configured.has(id)) table.delete(u64Bytes(id));
  }
  for (const member of context.members) {
    if (!configured.has(member.id)) continue;
    const addedIndex = before.get(member.id)?.addedIndex ?? index;
    table.put(u64Bytes(member.id), encodeMember({ ...member, addedIndex }));
  }
}

/** The members of the applied configuration, ascending by id. */
export function readMembers(view: StateView): Member[] {
  const records = scopedView(view, KeyspacePrefix.members).range({ start: new Uint8Array() });
  return Array.from(records, ({ value }) => Member.decode(value));
}

/** What a bootstrapped keyspace holds of its first members. */
export function memberRecords(members: readonly Member[]): StateRecord[] {
  return members
    .toSorted((left, right) => left.id - right.id)
    .map((member) => ({
      key: prefixed(KeyspacePrefix.members, u64Bytes(member.id)),
      value: encodeMember({ ...member, addedIndex: BOOTSTRAP_ADDED_INDEX }),
    }));
}

/** Ids of all sets of a configuration. */
export function configuredIds(confState: ConfState): Set<number> {
  return new Set([...confState.voters, ...confState.votersOutgoing, ...confState.learners, ...confState.learnersNext]);
}

function encodeMember(member: Member): Uint8Array {
  return Member.encode(member).finish();
}
