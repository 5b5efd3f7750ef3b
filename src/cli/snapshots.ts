import { RaftctlError } from '../base/errors.js';
import type { Client } from '../client/index.js';
import { type SnapshotData, toSnapshotData } from './node-data.js';
import { renderTable, type TableOptions } from './table.js';
import { formatBytes } from './units.js';

/** A snapshot and the node that holds it. */
export interface NodeSnapshotData extends SnapshotData {
  readonly node: number;
}

/** `data` of `snapshot list` and `snapshot trigger`. */
export interface SnapshotListData {
  readonly snapshots: readonly NodeSnapshotData[];
  /** Nodes that did not answer, or refused. */
  readonly failed: readonly { readonly node: number; readonly code: string; readonly message: string }[];
}

/** Every node that is meant: those that are named, or all that are configured. */
export async function nodesMeant(client: Client, ids: readonly number[]): Promise<readonly number[]> {
  return ids.length > 0 ? [...new Set(ids)] : (await client.view()).nodes.map(({ id }) => id);
}

/** Asks each node, all at once; what some cannot do does not spoil what the others did. */
export async function onEachNode(
  ids: readonly number[],
  work: (id: number) => Promise<readonly SnapshotData[]>,
): Promise<{ readonly data: SnapshotListData; readonly error: RaftctlError | undefined }> {
  const settled = await Promise.allSettled(ids.map(work));
  const snapshots: NodeSnapshotData[] = [];
  const errors: { node: number; error: RaftctlError }[] = [];
  for (const [place, outcome] of settled.entries()) {
    const node = ids[place] ?? 0;
    if (outcome.status === 'fulfilled') snapshots.push(...outcome.value.map((snapshot) => ({ node, ...snapshot })));
    else if (outcome.reason instanceof RaftctlError) errors.push({ node, error: outcome.reason });
    else throw outcome.reason;
  }
  const failed = errors.map(({ node, error }) => ({ node, code: error.code, message: error.message }));
  return { data: { snapshots, failed }, error: summary(errors, ids.length) };
}

function summary(errors: readonly { node: number; error: RaftctlError }[], count: number): RaftctlError | undefined {
  const [first] = errors;
  if (first === undefined) return undefined;
  if (count === 1) return first.error;
  const facts = errors.map(({ node, error }) => `n${node}  ${error.message}`);
  if (errors.length === count) return new RaftctlError(first.error.code, 'no node did it', { facts });
  return new RaftctlError('E_PARTIAL', `${errors.length} of ${count} nodes did not do it`, { facts, changed: 'yes' });
}

/** Takes a snapshot on a node. */
export async function takeSnapshot(client: Client, id: number, keepEntries: number): Promise<readonly SnapshotData[]> {
  const { snapshot } = await client.triggerSnapshot(id, keepEntries);
  return snapshot === undefined ? [] : [toSnapshotData(snapshot)];
}

/** The snapshots that a node holds. */
export async function snapshotsOf(client: Client, id: number): Promise<readonly SnapshotData[]> {
  return (await client.listSnapshots(id)).snapshots.map(toSnapshotData);
}

/** Snapshots as a table; the checksum is that of the file, which holds when it was made, and so differs between nodes. */
export function snapshotListText(
  { snapshots }: SnapshotListData,
  wide: boolean,
  options: TableOptions,
): Promise<string> {
  const heads = ['NODE', 'INDEX', 'TERM', 'SIZE', 'CREATED', ...(wide ? ['CHECKSUM'] : [])];
  const rows = snapshots.map(({ node, index, term, bytes, createdAt, checksum }) => [
    String(node),
    String(index),
    String(term),
    formatBytes(bytes),
    createdAt,
    ...(wide ? [checksum] : []),
  ]);
  return renderTable(
    heads.map((head) => ({ head })),
    rows,
    options,
  );
}

/** What `-o name` prints of snapshots. */
export function snapshotNames({ snapshots }: SnapshotListData): readonly string[] {
  return snapshots.map(({ node, index, term }) => `snapshot/${node}:${index}-${term}`);
}
