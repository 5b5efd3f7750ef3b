import type { SnapshotRecord } from '../gen/raftctl/v1/storage.js';
import { decodeStoredRecord, type StoredRecord } from '../node/stored-records.js';
import { decodeMachineRecord, type MachineRecord } from '../state-machine/index.js';

/** What a record says, as far as anybody but a state machine of the user's own knows. */
export type RecordContent = MachineRecord | Exclude<StoredRecord, { readonly type: 'machine' }>;

/** A record of a snapshot or of a node's state, for people to read. */
export interface ReadableRecord {
  /** What it is called among those of its type. */
  readonly name: string;
  /** Of key and value. */
  readonly bytes: number;
  readonly content: RecordContent;
}

/** Takes a record apart. @param machine name of the state machine that the state is of */
export function readableRecord(machine: string, { key, value }: SnapshotRecord): ReadableRecord {
  const stored = decodeStoredRecord({ key, value });
  const content = stored.type === 'machine' ? decodeMachineRecord(machine, stored) : stored;
  return { name: nameOf(content), bytes: key.length + value.length, content };
}

function nameOf(content: RecordContent): string {
  switch (content.type) {
    case 'kv':
      return content.key;
    case 'machine':
    case 'unknown':
      return textOf(content.key);
    case 'session':
      return content.clientId;
    case 'session-use':
      return `${content.clientId} ${content.lastUsed}`;
    case 'session-result':
      return `${content.clientId} ${content.sequence}`;
    case 'member':
      return String(content.member.id);
    case 'change':
      return content.change.id;
    case 'tombstone':
      return String(content.tombstone.member?.id ?? 0);
    case 'event':
      return String(content.event.seq);
    default:
      return content.type;
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return `0x${Buffer.from(bytes).toString('hex')}`;
  }
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
