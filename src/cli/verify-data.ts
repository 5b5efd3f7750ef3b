import { RaftctlError } from '../base/errors.js';
import type { GetStateHashResponse } from '../client/index.js';
import { renderTable, type TableOptions } from './table.js';
import { formatBytes, formatIds, orUnknown } from './units.js';
import { hashPhaseNames } from './wire-names.js';

/** `data` of `cluster verify`. */
export interface VerifyData {
  /** Behind the entry of this index the states are compared. */
  readonly index: number;
  readonly nodes: readonly VerifiedNodeData[];
}

/** One node's state. */
export interface VerifiedNodeData {
  readonly id: number;
  /** SHA-256, hex; null where the node was not compared. */
  readonly hash: string | null;
  /** Whether it is what most nodes have; null where the node was not compared. */
  readonly ok: boolean | null;
  /** Why the node was not compared. */
  readonly skippedReason: string | null;
  readonly records: number | null;
  readonly bytes: number | null;
}

/** What a node has said, or why it has not. */
export type HashAnswer = GetStateHashResponse | RaftctlError;

/**
 * Holds the states of the nodes against each other. What most of them have is taken for right; where as many have one as the other, what
 * the leader has.
 */
export function toVerifyData(
  index: number,
  leader: number | undefined,
  answers: ReadonlyMap<number, HashAnswer>,
): VerifyData {
  const hashes = new Map<number, string>();
  for (const [id, answer] of answers) {
    if (!(answer instanceof RaftctlError) && hashPhaseNames[answer.phase] === 'done') hashes.set(id, answer.hash);
  }
  const right = mostCommon(hashes, leader);
  const nodes = [...answers]
    .sort(([a], [b]) => a - b)
    .map(([id, answer]) => {
      const hash = hashes.get(id);
      if (hash === undefined || answer instanceof RaftctlError) {
        return { id, hash: null, ok: null, skippedReason: whySkipped(index, answer), records: null, bytes: null };
      }
      const { records, bytes } = answer;
      return { id, hash, ok: hash === right, skippedReason: null, records, bytes };
    });
  return { index, nodes };
}

function mostCommon(hashes: ReadonlyMap<number, string>, leader: number | undefined): string | undefined {
  const counts = new Map<string, number>();
  for (const hash of hashes.values()) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  const candidates = [...counts].flatMap(([hash, count]) => (count === most ? [hash] : []));
  const led = leader === undefined ? undefined : hashes.get(leader);
  return led !== undefined && candidates.includes(led) ? led : candidates[0];
}

function whySkipped(index: number, answer: HashAnswer): string {
  if (answer instanceof RaftctlError) return answer.message;
  switch (hashPhaseNames[answer.phase]) {
    case 'waiting':
      return `has applied up to ${answer.appliedIndex}, not to ${index} yet`;
    case 'running':
      return `is still hashing: ${formatBytes(answer.bytes)} so far`;
    default:
      return answer.reason || 'has no hash of that index';
  }
}

/** With what the command ends; undefined where all nodes have the same state. */
export function verifyError({ index, nodes }: VerifyData): RaftctlError | undefined {
  const idsWhere = (ok: boolean | null) => nodes.filter((node) => node.ok === ok).map(({ id }) => id);
  const [right, wrong, skipped] = [idsWhere(true), idsWhere(false), idsWhere(null)];
  const facts = nodes.map(({ id, hash, skippedReason }) => `n${id}  ${hash ?? skippedReason}`);
  if (wrong.length > 0) {
    const message = `the state of node ${formatIds(wrong)} differs from that of node ${formatIds(right)} behind index ${index}`;
    const hint =
      'keep a copy of the data directories; save a snapshot of both (raftctl snapshot save --from ID) and compare them: raftctl snapshot diff';
    return new RaftctlError('E_DIVERGED', message, { facts, hint });
  }
  if (skipped.length === 0) return undefined;
  return new RaftctlError('E_PARTIAL', `${skipped.length} of ${nodes.length} nodes were not compared`, { facts });
}

/** The comparison for people. */
export async function verifyText({ index, nodes }: VerifyData, options: TableOptions): Promise<string> {
  const compared = nodes.filter(({ ok }) => ok !== null);
  const same = compared.filter(({ ok }) => ok).length;
  const heads = ['ID', 'STATE', 'KEYS', 'SIZE', 'SHA256'].map((head) => ({ head }));
  const rows = nodes.map(({ id, ok, records, bytes, hash, skippedReason }) => [
    String(id),
    ok === null ? 'skipped' : ok ? 'same' : 'DIFFERS',
    orUnknown(records),
    orUnknown(bytes, formatBytes),
    hash ?? skippedReason ?? '-',
  ]);
  const title = `index ${index}   ${same} of ${nodes.length} nodes have the same state`;
  return `${title}\n\n${await renderTable(heads, rows, options)}`;
}
