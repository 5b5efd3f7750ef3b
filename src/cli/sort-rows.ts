import { RaftctlError } from '../base/errors.js';
import type { ClusterView } from '../client/index.js';
import { closest } from './closest.js';

/** A row of a list of nodes, as documents carry it. */
interface Row {
  readonly id: number;
  readonly role: string;
}

type SortKey = (row: Row) => number | string | null;

/** Keys beyond the fields of the rows. */
const virtualKeys = ['leader-last', 'lag', 'zone'];

/**
 * Rows in the order of a field, or of one of the virtual keys `leader-last`, `lag` and `zone`; those that are level by their id, what is
 * not known last.
 * @param key undefined: as they are
 * @throws RaftctlError E_USAGE for a key that the rows do not have
 */
export function sortRows<R extends Row>(rows: readonly R[], key: string | undefined, view: ClusterView): readonly R[] {
  if (key === undefined) return rows;
  const valueIn = keyOf(rows, key, view);
  return [...rows].sort((left, right) => compare(valueIn(left), valueIn(right)) || left.id - right.id);
}

function keyOf(rows: readonly Row[], key: string, view: ClusterView): SortKey {
  if (key === 'leader-last') return ({ role }) => (role === 'leader' ? 1 : 0);
  if (key === 'lag') return ({ id }) => lagOf(id, view);
  if (key === 'zone') return ({ id }) => view.nodes.find((node) => node.id === id)?.member?.zone || null;
  const fields = [...new Set(rows.flatMap((row) => Object.entries(row)))].flatMap(([name, value]) =>
    isPlain(value) ? [name] : [],
  );
  if (fields.includes(key)) return (row) => plainOf(Object.entries(row).find(([name]) => name === key)?.[1]);
  const keys = [...new Set([...virtualKeys, ...fields])].sort();
  const near = closest(key, keys);
  throw new RaftctlError('E_USAGE', `--sort-by: there is no field "${key}"`, {
    facts: [`there are: ${keys.join(', ')}`],
    ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
  });
}

/** Entries that a node is behind the end of the leader's log. */
function lagOf(id: number, { leader }: ClusterView): number | null {
  if (leader?.id === id) return 0;
  const match = leader?.progress.find((peer) => peer.id === id)?.match;
  return match === undefined ? null : Math.max(0, (leader?.log?.last ?? 0) - match);
}

function isPlain(value: unknown): value is number | string | boolean | null {
  return value === null || ['number', 'string', 'boolean'].includes(typeof value);
}

function plainOf(value: unknown): number | string | null {
  return typeof value === 'number' || typeof value === 'string' ? value : null;
}

function compare(left: number | string | null, right: number | string | null): number {
  if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1;
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return String(left) < String(right) ? -1 : String(left) > String(right) ? 1 : 0;
}
