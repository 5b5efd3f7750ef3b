import type { Client, GetLogInfoResponse, ListEntriesResponse } from '../client/index.js';
import { factsText } from './facts-text.js';
import { encodeBytes } from './payload.js';
import { type LogData, toLogData } from './status-data.js';
import { renderTable, type TableOptions } from './table.js';
import { formatBytes } from './units.js';
import { entryTypeNames } from './wire-names.js';

/** `data` of `log info`. */
export interface LogInfoData extends LogData {
  readonly node: number;
  readonly snapshot: { readonly index: number; readonly term: number } | null;
  readonly terms: readonly { readonly term: number; readonly first: number; readonly last: number }[];
}

/** `data` of `log list`. */
export interface LogEntriesData extends LogData {
  readonly node: number;
  readonly entries: readonly EntryData[];
}

/** One entry. */
export interface EntryData {
  readonly index: number;
  readonly term: number;
  readonly type: string;
  readonly size: number;
  readonly committed: boolean;
  readonly summary: string;
  readonly data: string;
  readonly dataEncoding: 'utf8' | 'base64';
}

/** A node's log as data. */
export function toLogInfoData({ nodeId, log, snapshotIndex, snapshotTerm, terms }: GetLogInfoResponse): LogInfoData {
  const snapshot = snapshotIndex === 0 ? null : { index: snapshotIndex, term: snapshotTerm };
  return { node: nodeId, ...toLogData(log), snapshot, terms };
}

/** Entries as data. */
export function toEntryData({ entry, committed, summary, size }: ListEntriesResponse): EntryData {
  return {
    index: entry?.index ?? 0,
    term: entry?.term ?? 0,
    type: entryTypeNames[entry?.entryType ?? 0],
    size,
    committed,
    summary,
    ...encodeBytes(entry?.data ?? new Uint8Array()),
  };
}

/** Which entries are wanted; `last` counts from the end. */
export interface EntryRange {
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly last: number | undefined;
}

const lastDefault = 50;

/** Reads entries of a node's log, or of the leader's. */
export async function readEntries(
  client: Client,
  range: EntryRange,
  node: number | undefined,
): Promise<LogEntriesData> {
  const info = await client.logInfo(node);
  const log = toLogData(info.log);
  const tail = range.last ?? (range.from === undefined && range.to === undefined ? lastDefault : undefined);
  const from = tail === undefined ? (range.from ?? log.first) : Math.max(log.first, log.last - tail + 1);
  const entries = await client.logEntries({ from, to: range.to ?? 0, limit: 0 }, info.nodeId);
  return { node: info.nodeId, ...log, entries: entries.map(toEntryData) };
}

/** A node's log for people. */
export function logInfoText(data: LogInfoData): string {
  const { snapshot, terms } = data;
  return factsText([
    ['NODE', String(data.node)],
    ['LOG', `${data.first}..${data.last}   ${formatBytes(data.bytes)}`],
    ['COMMIT', String(data.commit)],
    ['APPLIED', String(data.applied)],
    ['SNAPSHOT', snapshot === null ? '-' : `${snapshot.index}, term ${snapshot.term}`],
    ['TERMS', terms.map(({ term, first, last }) => `${term}: ${first}..${last}`).join('   ')],
  ]);
}

const summaryCharsMax = 100;

/** Entries as a table. */
export function logEntriesText({ entries }: Pick<LogEntriesData, 'entries'>, options: TableOptions): Promise<string> {
  const columns = ['INDEX', 'TERM', 'TYPE', 'SIZE', 'STATE', 'DATA'].map((head) => ({ head }));
  const rows = entries.map(({ index, term, type, size, committed, summary }) => [
    String(index),
    String(term),
    type,
    formatBytes(size),
    committed ? 'committed' : 'appended',
    summary.length > summaryCharsMax ? `${summary.slice(0, summaryCharsMax)}…` : summary,
  ]);
  return renderTable(columns, rows, options);
}
