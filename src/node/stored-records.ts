import { ChangeRecord, Member } from '../gen/raftctl/v1/member.js';
import { decodeHistoryRecord, type StoredHistory } from './history.js';
import { KeyspacePrefix } from './keyspace.js';
import type { StateRecord } from './ports.js';
import { decodeSessionRecord, type StoredSession } from './sessions.js';
import { decodeTombstoneRecord, type StoredTombstone } from './tombstones.js';

/** A record of the node's whole keyspace, taken apart for people to read. */
export type StoredRecord =
  /** The state machine's own, under its own key: only the machine knows what it says. */
  | { readonly type: 'machine'; readonly key: Uint8Array; readonly value: Uint8Array }
  | StoredSession
  | { readonly type: 'member'; readonly member: Member }
  | { readonly type: 'change'; readonly change: ChangeRecord }
  | StoredTombstone
  | StoredHistory
  /** What this version does not know, or what makes no sense to it. */
  | { readonly type: 'unknown'; readonly key: Uint8Array; readonly value: Uint8Array };

/** Takes a record of a node's keyspace apart. Never throws: what cannot be read is `unknown`. */
export function decodeStoredRecord({ key, value }: StateRecord): StoredRecord {
  try {
    return decode(key[0], { key: key.subarray(1), value }) ?? { type: 'unknown', key, value };
  } catch {
    return { type: 'unknown', key, value };
  }
}

function decode(prefix: number | undefined, record: StateRecord): StoredRecord | undefined {
  switch (prefix) {
    case KeyspacePrefix.machine:
      return { type: 'machine', ...record };
    case KeyspacePrefix.sessions:
      return decodeSessionRecord(record);
    case KeyspacePrefix.members:
      return { type: 'member', member: Member.decode(record.value) };
    case KeyspacePrefix.changes:
      return { type: 'change', change: ChangeRecord.decode(record.value) };
    case KeyspacePrefix.tombstones:
      return decodeTombstoneRecord(record);
    case KeyspacePrefix.history:
      return decodeHistoryRecord(record);
    default:
      return undefined;
  }
}
