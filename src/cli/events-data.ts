import { RaftctlError } from '../base/errors.js';
import type { EventType, HistoryEvent } from '../client/index.js';
import { closest } from './closest.js';
import { type ConfigData, toConfigData } from './config-data.js';
import { parseDuration } from './flag-values.js';
import { escapeControl } from './style.js';
import { type Column, renderTable, type TableOptions } from './table.js';
import { formatDuration, formatTime } from './units.js';
import { eventTypeNames } from './wire-names.js';

/** One thing that happened, as `cluster history` and `watch` tell it. */
export interface EventData {
  /** The same on all nodes: a watcher goes on after it anywhere. */
  readonly seq: number;
  /** Where in the log it was recorded, give or take the events that one entry makes. */
  readonly index: number;
  /** By the clock of the leader of then; null where it is not known. */
  readonly ts: string | null;
  readonly type: string;
  readonly term: number;
  /** Whom it is about; null for the cluster. */
  readonly node: number | null;
  /** Stable word for programs. */
  readonly cause: string;
  readonly detail: string;
  readonly changeId: string | null;
  /** Of `config`: the configuration from there on. */
  readonly config: ConfigData | null;
  readonly who: string | null;
  readonly reason: string | null;
  /** Of an election: whose votes had come when it was won; null where that is not known, and for all else. */
  readonly votes: readonly number[] | null;
}

/** An event as data. */
export function toEventData(event: HistoryEvent): EventData {
  const { seq, atMs, type, term, node, cause, text, changeId, confState, by, reason } = event;
  return {
    seq,
    index: seq,
    ts: atMs === 0 ? null : new Date(atMs).toISOString(),
    type: eventTypeNames[type],
    term,
    node: node || null,
    cause,
    detail: text,
    changeId: changeId || null,
    config: confState === undefined ? null : toConfigData(seq, confState),
    who: by || null,
    reason: reason || null,
    votes: votesOf(event),
  };
}

/** A leader has one vote at least, its own: none at all says that they were not written down. */
function votesOf({ votes }: HistoryEvent): readonly number[] | null {
  return votes.length === 0 ? null : votes;
}

/** Other words for types, from what people know from elsewhere. */
const synonyms: Readonly<Record<string, string>> = { election: 'leader', restore: 'recovery' };

/** Reads types parted by commas. @throws RaftctlError E_USAGE for one that there is not */
export function parseEventTypes(text: string): EventType[] {
  const names = Object.values(eventTypeNames).filter((name) => name !== 'unknown');
  return text.split(',').map((word) => {
    const place = Object.values(eventTypeNames).findIndex((name) => name === (synonyms[word] ?? word));
    if (place > 0) return place as EventType;
    const near = closest(word, names);
    throw new RaftctlError('E_USAGE', `there are no events of type "${word}"`, {
      facts: [`there are: ${names.join(', ')}`],
      ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
    });
  });
}

/** From where on: after a sequence number, or so long ago. */
export interface Since {
  readonly seq: number;
  readonly agoMs: number | undefined;
}

/** Reads `48210` or `2h`. @throws RaftctlError E_USAGE */
export function parseSince(text: string): Since {
  if (/^[0-9]+$/.test(text)) return { seq: Number(text), agoMs: undefined };
  return { seq: 0, agoMs: parseDuration(text) };
}

/** `2026-09-15 10:21:02Z  leader  n1 elected`. */
export function eventLine({ ts, type, detail, who, reason }: EventData): string {
  const by = [who === null ? '' : `by ${who}`, reason ?? ''].filter(Boolean).join(': ');
  return escapeControl(`${timeText(ts)}  ${type.padEnd(8)}  ${detail}${by === '' ? '' : `  (${by})`}`);
}

function timeText(ts: string | null): string {
  return ts === null ? '?'.padEnd(20) : formatTime(ts);
}

const columns: readonly Column[] = ['TIME', 'TERM', 'TYPE', 'NODE', 'EVENT'].map((head) => ({ head }));
const wideColumns: readonly Column[] = [
  ...columns,
  ...['SEQ', 'CAUSE', 'CHANGE', 'BY', 'REASON'].map((head) => ({ head })),
];

/** Events as a table, oldest first. */
export function eventsText(events: readonly EventData[], wide: boolean, options: TableOptions): Promise<string> {
  const rows = events.map((event) => {
    const { ts, term, type, node, detail, seq, cause, changeId, who, reason } = event;
    const row = [timeText(ts).trimEnd(), String(term), type, node === null ? '-' : String(node), detail];
    return wide ? [...row, String(seq), cause, changeId ?? '-', who ?? '-', reason ?? '-'] : row;
  });
  return renderTable(wide ? wideColumns : columns, rows, options);
}

/** `data` of `leader history`. */
export interface LeaderHistoryData {
  readonly leaders: readonly LeadershipData[];
}

/** A stretch of time under one leader. */
export interface LeadershipData {
  readonly since: string | null;
  readonly term: number;
  readonly leader: number;
  /** Until the next one began, or until now. */
  readonly heldMs: number | null;
  readonly cause: string;
  /** Whose votes had come when it was won, its own among them; null where that was not written down. */
  readonly votes: readonly number[] | null;
}

/** Leaderships out of the events of leaders, oldest first; of two events of one term the first counts. */
export function toLeaderHistory(events: readonly HistoryEvent[], now: Date): LeaderHistoryData {
  const begun = events.filter(
    ({ node, term }, at) => node !== 0 && events.findIndex((other) => other.term === term) === at,
  );
  const leaders = begun.map((event, at) => {
    const { atMs, term, node, cause } = event;
    const endMs = begun[at + 1]?.atMs ?? now.getTime();
    const known = atMs !== 0 && endMs !== 0;
    return {
      since: atMs === 0 ? null : new Date(atMs).toISOString(),
      term,
      leader: node,
      heldMs: known ? Math.max(0, endMs - atMs) : null,
      cause,
      votes: votesOf(event),
    };
  });
  return { leaders };
}

/** Leaderships as a table. */
export function leaderHistoryText(
  { leaders }: LeaderHistoryData,
  wide: boolean,
  options: TableOptions,
): Promise<string> {
  const names = ['SINCE', 'TERM', 'LEADER', 'HELD', 'CAUSE', ...(wide ? ['VOTES'] : [])];
  const heads = names.map((head) => ({ head }));
  const rows = leaders.map(({ since, term, leader, heldMs, cause, votes }) => [
    timeText(since).trimEnd(),
    String(term),
    String(leader),
    heldMs === null ? '?' : formatDuration(heldMs),
    cause,
    ...(wide ? [votes === null ? '?' : votes.join(',')] : []),
  ]);
  return renderTable(heads, rows, options);
}
