import { RaftctlError } from '../base/errors.js';
import type { SnapshotInfo } from '../client/index.js';
import { escapeControl } from './style.js';
import { counted } from './units.js';

/** Differences that one document lists; they are all counted. */
const LISTED_MAX = 1000;

/** `data` of `snapshot diff`. */
export interface SnapshotDiffData {
  readonly same: boolean;
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** The first of them, in the order of the keys; `-o ndjson` has them all. */
  readonly differences: readonly KeyDifferenceData[];
  /** Whether there are more than are listed. */
  readonly truncated: boolean;
  readonly before: SnapshotEndData;
  readonly after: SnapshotEndData;
}

/** A key in which two snapshots differ. */
export interface KeyDifferenceData {
  readonly change: 'added' | 'removed' | 'changed';
  readonly type: string;
  readonly name: string;
  /** Of key and value; null where the key is not there. */
  readonly bytesBefore: number | null;
  readonly bytesAfter: number | null;
}

/** One of the two files. */
interface SnapshotEndData {
  readonly path: string;
  readonly clusterId: string;
  readonly index: number;
  readonly term: number;
}

interface Side {
  readonly name: string;
  readonly bytes: number;
  readonly content: { readonly type: string };
}

/** The differences as they are found, and at the end what they were found between. */
type Differences = AsyncGenerator<
  {
    readonly change: KeyDifferenceData['change'];
    readonly before: Side | undefined;
    readonly after: Side | undefined;
  },
  { readonly before: Summary; readonly after: Summary }
>;

interface Summary {
  readonly header: { readonly clusterId: string };
  readonly info: Pick<SnapshotInfo, 'index' | 'term'>;
}

/**
 * Counts the differences, and lists the first of them.
 * @param each is handed every one of them, and waited for
 */
export async function collectDifferences(
  paths: { readonly before: string; readonly after: string },
  differences: Differences,
  each: (difference: KeyDifferenceData) => Promise<void>,
): Promise<SnapshotDiffData> {
  const counts = { added: 0, removed: 0, changed: 0 };
  const listed: KeyDifferenceData[] = [];
  for (;;) {
    const step = await differences.next();
    if (step.done === true) {
      const total = counts.added + counts.removed + counts.changed;
      return {
        same: total === 0,
        ...counts,
        differences: listed,
        truncated: total > listed.length,
        before: endOf(paths.before, step.value.before),
        after: endOf(paths.after, step.value.after),
      };
    }
    const { change, before, after } = step.value;
    const side = after ?? before;
    const difference = {
      change,
      type: side?.content.type ?? 'unknown',
      name: side?.name ?? '',
      bytesBefore: before?.bytes ?? null,
      bytesAfter: after?.bytes ?? null,
    };
    counts[change]++;
    if (listed.length < LISTED_MAX) listed.push(difference);
    await each(difference);
  }
}

/** `+ kv app/colour  12 -> 14 bytes`. */
export function differenceLine({ change, type, name, bytesBefore, bytesAfter }: KeyDifferenceData): string {
  const sign = { added: '+', removed: '-', changed: '~' }[change];
  const bytes = [bytesBefore, bytesAfter].filter((size) => size !== null).join(' -> ');
  return escapeControl(`${sign} ${type}  ${name}  ${bytes} bytes`);
}

/** What it comes to, in one line. */
export function diffSummary({ same, added, removed, changed, before, after }: SnapshotDiffData): string {
  const between = `index ${before.index} -> ${after.index}`;
  const strangers =
    before.clusterId === after.clusterId ? '' : `   of two clusters: ${before.clusterId}, ${after.clusterId}`;
  if (same) return `no differences   ${between}${strangers}`;
  return `${counted(added, 'key')} added, ${removed} removed, ${changed} changed   ${between}${strangers}`;
}

/** With what the command ends that was asked for by its exit code. */
export function snapshotsDiffer({ before, after }: SnapshotDiffData): RaftctlError {
  return new RaftctlError('E_DIFFERS', `${before.path} and ${after.path} differ`);
}

function endOf(path: string, { header, info }: Summary): SnapshotEndData {
  return { path, clusterId: header.clusterId, index: info.index, term: info.term };
}
