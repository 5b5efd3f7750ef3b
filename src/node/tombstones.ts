import { type Member, Tombstone } from '../gen/raftctl/v1/member.js';
import { concatBytes, KeyspacePrefix, readU64, scopedTxn, scopedView, u64Bytes } from './keyspace.js';
import type { StateRecord, StateTxn, StateView } from './ports.js';

/** Tombstones kept; the oldest goes first. The same on all nodes, since it decides what the keyspace holds. */
export const TOMBSTONES_MAX = 4096;

/**
 * Layout of the keyspace of the tombstones:
 *
 * ```
 *  0        when the last change of the members was proposed that said so, in milliseconds since 1970
 *  1 id     tombstone
 * ```
 */
const Table = { moment: 0, tombstone: 1 } as const;
const MOMENT_KEY = Uint8Array.of(Table.moment);
const FIRST_TOMBSTONE = Uint8Array.of(Table.tombstone);

/**
 * When a change of the members was proposed. The empty one by which a leader leaves a joint configuration does not say: then it is the
 * moment of the change that entered it.
 *
 * @param txn the node's whole keyspace
 * @param atMs what the change says; 0: nothing
 */
export function momentOfChange(txn: StateTxn, atMs: number): number {
  const table = scopedTxn(txn, KeyspacePrefix.tombstones);
  if (atMs > 0) table.put(MOMENT_KEY, u64Bytes(atMs));
  const bytes = table.get(MOMENT_KEY);
  return bytes === undefined ? 0 : readU64(bytes, 0);
}

/**
 * Remembers a voter that left, while the change that removed it is applied.
 * @param txn the node's whole keyspace
 */
export function addTombstone(txn: StateTxn, member: Member, removedIndex: number, removedMs: number): void {
  const table = scopedTxn(txn, KeyspacePrefix.tombstones);
  table.put(tombstoneKey(member.id), Tombstone.encode({ member, removedIndex, removedMs }).finish());
  for (const oldest of readTombstones(txn).slice(TOMBSTONES_MAX)) table.delete(tombstoneKey(oldest.member?.id ?? 0));
}

/**
 * Forgets that `id` left: it is a member again.
 * @param txn the node's whole keyspace
 * @returns its tombstone; undefined where it has none
 */
export function takeTombstone(txn: StateTxn, id: number): Tombstone | undefined {
  const table = scopedTxn(txn, KeyspacePrefix.tombstones);
  const bytes = table.get(tombstoneKey(id));
  if (bytes === undefined) return undefined;
  table.delete(tombstoneKey(id));
  return Tombstone.decode(bytes);
}

/**
 * Voters that left, those that left last first.
 * @param view a node's whole keyspace
 */
export function readTombstones(view: StateView): Tombstone[] {
  const records = scopedView(view, KeyspacePrefix.tombstones).range({ start: FIRST_TOMBSTONE });
  return Array.from(records, ({ value }) => Tombstone.decode(value)).sort(
    (left, right) => right.removedIndex - left.removedIndex,
  );
}

/** What stands under one key of the tombstones' keyspace. */
export type StoredTombstone =
  | { readonly type: 'tombstone-moment'; readonly atMs: number }
  | { readonly type: 'tombstone'; readonly tombstone: Tombstone };

/** Takes a record of the tombstones' keyspace apart; undefined where it is none of these. @throws Error where it makes no sense */
export function decodeTombstoneRecord({ key, value }: StateRecord): StoredTombstone | undefined {
  if (key[0] === Table.moment) return { type: 'tombstone-moment', atMs: readU64(value, 0) };
  return key[0] === Table.tombstone ? { type: 'tombstone', tombstone: Tombstone.decode(value) } : undefined;
}

const tombstoneKey = (id: number) => concatBytes(FIRST_TOMBSTONE, u64Bytes(id));
