import type { ConfState, SnapshotInfo } from '../client/index.js';
import { type ConfigData, configText, toConfigData } from './config-data.js';
import { factsText } from './facts-text.js';
import { renderTable, type TableOptions } from './table.js';
import { formatBytes, orUnknown } from './units.js';

/** `data` of `snapshot inspect`. */
export interface SnapshotInspectionData {
  readonly path: string;
  /** Index and term, as nodes name their files. */
  readonly id: string;
  readonly index: number;
  readonly term: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly createdAt: string;
  readonly clusterId: string;
  /** Null where the cluster was given none. */
  readonly clusterName: string | null;
  /** Null in files of before it was written down. */
  readonly incarnation: number | null;
  readonly stateMachine: string;
  readonly config: ConfigData;
  readonly keys: number;
  readonly groups: readonly KeyGroupData[];
}

/** Keys of one type that begin alike. */
export interface KeyGroupData {
  readonly type: string;
  /** Empty for keys without a slash and for all types but `kv`; null for the rest where there are too many prefixes. */
  readonly prefix: string | null;
  readonly keys: number;
  readonly bytes: number;
}

/** What was found in a file. */
interface Inspected {
  readonly header: {
    readonly clusterId: string;
    readonly incarnation: number;
    readonly stateMachine: string;
    readonly configIndex: number;
    readonly confState?: ConfState | undefined;
    readonly bootstrap?: { readonly name: string } | undefined;
  };
  readonly info: SnapshotInfo;
  readonly groups: readonly KeyGroupData[];
}

/** What was found in a file, as data. */
export function toInspectionData(
  path: string,
  sha256: string,
  { header, info, groups }: Inspected,
): SnapshotInspectionData {
  const { clusterId, incarnation, stateMachine, configIndex, confState, bootstrap } = header;
  const { index, term, bytes, createdMs } = info;
  return {
    ...{ path, id: `${index}-${term}`, index, term, bytes, sha256 },
    createdAt: new Date(createdMs).toISOString(),
    clusterId,
    clusterName: bootstrap?.name || null,
    incarnation: incarnation || null,
    stateMachine,
    config: toConfigData(configIndex, confState),
    keys: groups.reduce((sum, { keys }) => sum + keys, 0),
    groups,
  };
}

/** A snapshot file for people. */
export async function inspectionText(data: SnapshotInspectionData, options: TableOptions): Promise<string> {
  const { id, bytes, index, term, createdAt, clusterName, clusterId, incarnation, stateMachine, config } = data;
  const facts = factsText([
    ['ID', id],
    ['SIZE', formatBytes(bytes)],
    ['INDEX', String(index)],
    ['TERM', String(term)],
    ['CREATED', createdAt],
    ['CLUSTER', `${clusterName ?? '-'}  ${clusterId}   incarnation ${orUnknown(incarnation)}`],
    ['MACHINE', stateMachine],
    ['CONFIG', configText(config)],
    ['KEYS', String(data.keys)],
    ['SHA256', data.sha256],
  ]);
  const heads = ['TYPE', 'PREFIX', 'KEYS', 'SIZE'].map((head) => ({ head }));
  const rows = data.groups.map((group) => {
    const prefix = group.prefix === null ? '(others)' : group.prefix || '-';
    return [group.type, prefix, String(group.keys), formatBytes(group.bytes)];
  });
  return `${facts}\n\n${await renderTable(heads, rows, options)}`;
}
