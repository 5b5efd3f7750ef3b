import { isInstance } from '../base/instance.js';
import type { ConfState } from '../gen/raft/v1/raft.js';
import type { RecordInstance } from '../gen/raftctl/v1/control.js';
import { Member, type MembershipContext } from '../gen/raftctl/v1/member.js';
import { configuredIds } from '../raft/conf-state.js';
import type { ControlOutcome } from './control-commands.js';
import { KeyspacePrefix, prefixed, scopedTxn, scopedView, u64Bytes } from './keyspace.js';
import type { StateRecord, StateTxn, StateView } from './ports.js';
import { addTombstone, momentOfChange, takeTombstone } from './tombstones.js';

/** Added index of the members that a cluster was bootstrapped with. */
export const BOOTSTRAP_ADDED_INDEX = 1;

/** A change of the configuration, as it is applied. */
export interface AppliedChange {
  /** Log index of its entry. */
  readonly index: number;
  readonly before: ConfState;
  readonly after: ConfState;
  /** What the leader that proposed it had to say. */
  readonly context: Pick<MembershipContext, 'members' | 'atMs'>;
}

/**
 * Keeps the members table in step with the configuration: writes down the members that an applied change names, and removes those that
 * are in none of the configuration's sets any more; who ever voted leaves a tombstone. While a member stays it keeps the index at which it
 * was first added, its data directory, and that it has voted. Who was a voter before, and is added again, is one that has voted.
 *
 * @param txn the node's whole keyspace
 */
export function applyMembership(txn: StateTxn, { index, before, after, context }: AppliedChange): void {
  const table = scopedTxn(txn, KeyspacePrefix.members);
  const configured = configuredIds(after);
  const voting = new Set([before, after].flatMap(({ voters, votersOutgoing }) => [...voters, ...votersOutgoing]));
  const known = new Map(readMembers(txn).map((member) => [member.id, member]));
  const removedMs = momentOfChange(txn, context.atMs);
  for (const member of known.values()) {
    if (configured.has(member.id)) continue;
    table.delete(u64Bytes(member.id));
    const hasVoted = member.hasVoted || voting.has(member.id);
    if (hasVoted) addTombstone(txn, { ...member, hasVoted }, index, removedMs);
  }
  for (const id of configured) {
    const was = known.get(id);
    const told = context.members.find((member) => member.id === id);
    if (was === undefined && told === undefined) continue;
    const hadLeft = was === undefined && takeTombstone(txn, id) !== undefined;
    putMember(txn, rowOf(was, told, index, voting.has(id) || hadLeft));
  }
}

/** The row of a member that is known, or told of, or both. */
function rowOf(was: Member | undefined, told: Member | undefined, index: number, hasVoted: boolean): Member {
  const { id, name, address, zone = was?.zone, priority = was?.priority } = told ?? was ?? Member.create();
  return {
    ...{ id, name, address, zone, priority },
    addedIndex: was?.addedIndex ?? index,
    instance: was === undefined ? told?.instance : was.instance,
    hasVoted: hasVoted || was?.hasVoted || undefined,
  };
}

/**
 * Writes down whose data directory a member has, unless that is known.
 * @param txn the node's whole keyspace
 */
export function applyInstance(txn: StateTxn, { id, instance }: RecordInstance): ControlOutcome {
  const member = readMembers(txn).find((one) => one.id === id);
  if (member === undefined) return { code: 'E_NOT_FOUND', message: `node ${id} is not a member` };
  if (!isInstance(instance)) return { code: 'E_USAGE', message: 'the id of a data directory has 32 hex digits' };
  if (member.instance === undefined) putMember(txn, { ...member, instance });
  return undefined;
}

/** Writes the row of a member. @param txn the node's whole keyspace */
export function putMember(txn: StateTxn, member: Member): void {
  scopedTxn(txn, KeyspacePrefix.members).put(u64Bytes(member.id), encodeMember(member));
}

/** The members of the applied configuration, ascending by id. */
export function readMembers(view: StateView): Member[] {
  const records = scopedView(view, KeyspacePrefix.members).range({ start: new Uint8Array() });
  return Array.from(records, ({ value }) => Member.decode(value));
}

/**
 * What a bootstrapped keyspace holds of its first members.
 * @param voters ids of those that vote
 */
export function memberRecords(members: readonly Member[], voters: readonly number[]): StateRecord[] {
  return members
    .toSorted((left, right) => left.id - right.id)
    .map((member) => ({
      key: prefixed(KeyspacePrefix.members, u64Bytes(member.id)),
      value: encodeMember({
        ...member,
        addedIndex: BOOTSTRAP_ADDED_INDEX,
        hasVoted: voters.includes(member.id) || undefined,
      }),
    }));
}

function encodeMember(member: Member): Uint8Array {
  return Member.encode(member).finish();
}
