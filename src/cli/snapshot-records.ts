import type { ChangeRecord, HistoryEvent, Member, Tombstone } from '../client/index.js';
import { toRecordData } from './change-record-data.js';
import { toEventData } from './events-data.js';
import { encodeBytes } from './payload.js';
import { RawJson } from './raw-json.js';

/** What a record of a snapshot says. */
type Content =
  | KvContent
  | { readonly type: 'register'; readonly value: Uint8Array; readonly version: number; readonly modifiedIndex: number }
  | { readonly type: 'machine' | 'unknown'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly type: 'session-count'; readonly sessions: number }
  | { readonly type: 'session-use'; readonly clientId: string; readonly lastUsed: number }
  | SessionContent
  | SessionResultContent
  | { readonly type: 'member'; readonly member: Member }
  | { readonly type: 'change'; readonly change: ChangeRecord }
  | { readonly type: 'tombstone-moment'; readonly atMs: number }
  | { readonly type: 'tombstone'; readonly tombstone: Tombstone }
  | { readonly type: 'event-summary'; readonly events: number; readonly forgotten: number }
  | { readonly type: 'event'; readonly event: HistoryEvent };

interface KvContent {
  readonly type: 'kv';
  readonly key: string;
  /** A JSON text. */
  readonly value: string;
  readonly version: number;
  readonly modifiedIndex: number;
}

interface SessionContent {
  readonly type: 'session';
  readonly clientId: string;
  readonly lastUsed: number;
  readonly lowestPending: number;
  readonly results: number;
}

interface SessionResultContent {
  readonly type: 'session-result';
  readonly clientId: string;
  readonly sequence: number;
  readonly index: number;
  readonly term: number;
  readonly result: Uint8Array;
}

/** A record of a snapshot file. */
export interface SnapshotRecord {
  readonly name: string;
  readonly bytes: number;
  readonly content: Content;
}

/** One line of `snapshot decode`. */
export function toRecordLine({ name, bytes, content }: SnapshotRecord): object {
  return { type: content.type, name, bytes, ...fieldsOf(content) };
}

function fieldsOf(content: Content): object {
  switch (content.type) {
    case 'kv':
      return { ...content, value: new RawJson(content.value) };
    case 'register': {
      const { version, modifiedIndex, value } = content;
      return { version, modifiedIndex, ...encodeBytes(value) };
    }
    case 'machine':
    case 'unknown': {
      const { data: key, dataEncoding: keyEncoding } = encodeBytes(content.key);
      return { key, keyEncoding, ...encodeBytes(content.value) };
    }
    case 'session-result': {
      const { clientId, sequence, index, term, result } = content;
      return { clientId, sequence, index, term, ...encodeBytes(result) };
    }
    case 'member':
      return memberFields(content.member);
    case 'change':
      return toRecordData(content.change);
    case 'tombstone-moment':
      return { at: timeOf(content.atMs) };
    case 'tombstone': {
      const { member, removedIndex, removedMs } = content.tombstone;
      return { ...(member && memberFields(member)), removedIndex, removedAt: timeOf(removedMs) };
    }
    case 'event': {
      // What is an event's type elsewhere: here that is the type of the record.
      const { type: event, ...fields } = toEventData(content.event);
      return { event, ...fields };
    }
    default:
      return content;
  }
}

function memberFields({ id, name, address, zone, priority, addedIndex, instance, hasVoted }: Member) {
  const known = { zone: zone || null, priority: priority ?? null, instance: instance ?? null };
  return { id, member: name, address, ...known, addedIndex, hasVoted: hasVoted ?? false };
}

function timeOf(ms: number): string | null {
  return ms === 0 ? null : new Date(ms).toISOString();
}
