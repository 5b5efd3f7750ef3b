import { RaftctlError } from '../base/errors.js';
import type { ConfState, ListEntriesResponse } from '../client/index.js';
import { type ConfigData, configText, toConfigData } from './config-data.js';
import { factsText } from './facts-text.js';
import { type EntryData, logEntriesText, toEntryData } from './log-data.js';
import { renderTable, type TableOptions } from './table.js';
import { counted, formatBytes } from './units.js';

/** Which database was looked at, and as of when: part of what every command on a data directory tells. */
export interface LookedAtData {
  readonly dataDir: string;
  readonly nodeId: number;
  /** Process of the node; null where it does not run. */
  readonly runningAs: number | null;
  readonly database: DatabaseData;
  readonly readers: readonly ReaderData[];
}

interface DatabaseData {
  readonly lastTransaction: number;
  readonly dbBytes: number;
  readonly mapBytes: number;
  readonly pageBytes: number;
  readonly freeListBytes: number;
}

/** A process that has the database open. */
export interface ReaderData {
  readonly pid: number;
  /** Null where it reads nothing now. */
  readonly transaction: number | null;
  readonly isStale: boolean;
}

interface Reader {
  readonly pid: number;
  readonly transaction: number | undefined;
  readonly isStale: boolean;
}

interface LookedAt extends Omit<LookedAtData, 'readers'> {
  readonly readers: readonly Reader[];
}

/** The same as data. */
export function toLookedAt({ dataDir, nodeId, runningAs, database, readers }: LookedAt): LookedAtData {
  return { dataDir, nodeId, runningAs, database, readers: readers.map(toReaderData) };
}

export function toReaderData({ pid, transaction, isStale }: Reader): ReaderData {
  return { pid, transaction: transaction ?? null, isStale };
}

/** Which database, as of when, whether its node runs, how much of the map is used and who reads: two lines above every result. */
export function lookedAtText({ dataDir, nodeId, runningAs, database, readers }: LookedAtData): string {
  const { lastTransaction, dbBytes, mapBytes } = database;
  const stale = readers.filter(({ isStale }) => isStale).length;
  const others = `${counted(readers.length, 'reader')}${stale === 0 ? '' : `, ${stale} stale`}`;
  const running = runningAs === null ? 'stopped' : `running as process ${runningAs}`;
  return factsText([
    ['ENV', `${dataDir}   node ${nodeId}, ${running}   transaction ${lastTransaction}`],
    ['MAP', `${formatBytes(dbBytes)} of ${formatBytes(mapBytes)} used   ${others}`],
  ]);
}

/** `data` of `offline info`. */
export interface OfflineInfoData extends LookedAtData {
  readonly clusterId: string | null;
  readonly clusterName: string | null;
  readonly incarnation: number;
  /** Incarnation to which the cluster was recovered or restored without this node; null where it has heard of none. */
  readonly supersededBy: number | null;
  readonly instance: string;
  readonly stateMachine: string;
  readonly createdAt: string;
  readonly hardState: { readonly term: number; readonly vote: number; readonly commit: number };
  readonly applied: { readonly index: number; readonly term: number };
  readonly log: { readonly first: number; readonly last: number };
  readonly config: ConfigData;
  readonly members: readonly { readonly id: number; readonly name: string; readonly address: string }[];
  readonly settings: { readonly drained: boolean; readonly electionsPaused: boolean };
}

interface OfflineInfo extends LookedAt {
  readonly clusterId: string;
  readonly clusterName: string;
  readonly incarnation: number;
  readonly supersededBy: number | undefined;
  readonly instance: string;
  readonly stateMachine: string;
  readonly createdAt: string;
  readonly hardState: OfflineInfoData['hardState'];
  readonly applied: OfflineInfoData['applied'];
  readonly log: OfflineInfoData['log'];
  readonly configIndex: number;
  readonly confState: ConfState;
  readonly members: OfflineInfoData['members'];
  readonly settings: OfflineInfoData['settings'];
}

/** What a data directory says, as data. */
export function toOfflineInfo(info: OfflineInfo): OfflineInfoData {
  const { clusterId, clusterName, incarnation, supersededBy, instance, stateMachine, createdAt } = info;
  const { hardState, applied, log, configIndex, confState, members, settings } = info;
  return {
    ...toLookedAt(info),
    clusterId: clusterId || null,
    clusterName: clusterName || null,
    supersededBy: supersededBy ?? null,
    ...{ incarnation, instance, stateMachine, createdAt, hardState, applied, log, members, settings },
    config: toConfigData(configIndex, confState),
  };
}

/** What a data directory says, for people. */
export async function offlineInfoText(info: OfflineInfoData, options: TableOptions): Promise<string> {
  const { clusterId, clusterName, incarnation, supersededBy, instance, stateMachine, hardState, applied, log } = info;
  const fenced = supersededBy === null ? '' : `   left behind by incarnation ${supersededBy}`;
  const settings = [
    ...(info.settings.drained ? ['drained'] : []),
    ...(info.settings.electionsPaused ? ['elections paused'] : []),
  ];
  const facts = factsText([
    [
      'CLUSTER',
      clusterId === null ? 'none' : `${clusterName ?? '-'}  ${clusterId}   incarnation ${incarnation}${fenced}`,
    ],
    ['INSTANCE', `${instance}   made ${info.createdAt}`],
    ['MACHINE', stateMachine],
    ['TERM', `${hardState.term}   vote ${hardState.vote || '-'}`],
    ['LOG', `${log.first}..${log.last}   commit ${hardState.commit}   applied ${applied.index}, term ${applied.term}`],
    ['CONFIG', configText(info.config)],
    ['SETTINGS', settings.join(', ') || '-'],
  ]);
  const heads = ['ID', 'NAME', 'ADDRESS'].map((head) => ({ head }));
  const rows = info.members.map(({ id, name, address }) => [String(id), name || `n${id}`, address]);
  return [lookedAtText(info), facts, '', await renderTable(heads, rows, options)].join('\n').trimEnd();
}

/** `data` of `offline entries`. */
export interface OfflineEntriesData extends LookedAtData {
  readonly first: number;
  readonly last: number;
  readonly commit: number;
  readonly applied: number;
  readonly entries: readonly EntryData[];
}

/** Entries as data. */
export function toOfflineEntries(
  found: LookedAt & {
    readonly first: number;
    readonly lastIndex: number;
    readonly commit: number;
    readonly applied: number;
    readonly entries: readonly ListEntriesResponse[];
  },
): OfflineEntriesData {
  const { first, lastIndex, commit, applied, entries } = found;
  return { ...toLookedAt(found), first, last: lastIndex, commit, applied, entries: entries.map(toEntryData) };
}

/** Entries for people. */
export async function offlineEntriesText(data: OfflineEntriesData, options: TableOptions): Promise<string> {
  return `${lookedAtText(data)}\n\n${await logEntriesText(data, options)}`;
}

/** `data` of `offline fsck`. */
export interface OfflineCheckData extends LookedAtData {
  readonly entries: number;
  readonly stateRecords: number;
  readonly snapshotFiles: number;
  /** What is damaged, each in a sentence; the first hundred. */
  readonly damaged: readonly string[];
  readonly damagedCount: number;
}

/** With what the check ends; undefined where nothing is damaged. */
export function checkError({ dataDir, damaged, damagedCount }: OfflineCheckData): RaftctlError | undefined {
  if (damagedCount === 0) return undefined;
  const more = damagedCount - damaged.length;
  return new RaftctlError(
    'E_CORRUPT',
    `${counted(damagedCount, 'record')} of ${dataDir} ${damagedCount === 1 ? 'is' : 'are'} damaged`,
    {
      facts: more > 0 ? [...damaged, `and ${more} more`] : damaged,
      hint: 'remove this node from the cluster, clear its data directory, and add it again under a new id',
    },
  );
}

/** What was looked at, in one line. */
export function checkText(data: OfflineCheckData): string {
  const looked = `${counted(data.entries, 'entry', 'entries')}, ${counted(data.stateRecords, 'record')} of the state, ${counted(data.snapshotFiles, 'snapshot file')}`;
  return `${lookedAtText(data)}\n${data.damagedCount === 0 ? 'sound' : 'DAMAGED'}: ${looked} were read and held against their checksums`;
}

/** `data` of `offline readers`. */
export interface OfflineReadersData {
  readonly dataDir: string;
  readonly readers: readonly ReaderData[];
  /** Places of processes that are gone, which are free now; null where nobody asked for that. */
  readonly cleared: number | null;
}

/** Who reads, for people. */
export async function readersText({ readers, cleared }: OfflineReadersData, options: TableOptions): Promise<string> {
  const heads = ['PID', 'TRANSACTION', 'STATE'].map((head) => ({ head }));
  const rows = readers.map(({ pid, transaction, isStale }) => [
    String(pid),
    transaction === null ? '-' : String(transaction),
    isStale ? 'gone' : transaction === null ? 'idle' : 'reading',
  ]);
  const table = readers.length === 0 ? 'nobody reads' : await renderTable(heads, rows, options);
  return cleared === null ? table : `${table}\n${counted(cleared, 'stale reader')} cleared`;
}
