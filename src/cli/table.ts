import { escapeControl } from './style.js';

/** A column of a table. */
export interface Column {
  readonly head: string;
  /** Left out where the terminal is too narrow for all; the last such column goes first. */
  readonly optional?: true;
}

/** How a table is shown. */
export interface TableOptions {
  readonly headers: boolean;
  /** Characters of a line that the terminal has; undefined where it is no terminal, and nothing is left out. */
  readonly width: number | undefined;
  /** Put in front of every line. */
  readonly indent?: string;
}

const gap = 2;

/** Aligned text without borders, one record a line. What stands in the cells cannot move the cursor. */
export async function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { headers, width, indent = '' }: TableOptions,
): Promise<string> {
  const cells = rows.map((row) => row.map(escapeControl));
  const kept = columnsThatFit(columns, cells, (width ?? Number.POSITIVE_INFINITY) - indent.length);
  const { default: Table } = await import('cli-table3');
  const none = ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'];
  const chars = Object.fromEntries(
    [...none, 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'].map((name) => [name, '']),
  );
  const table = new Table({
    chars: { ...chars, middle: ' '.repeat(gap) },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  const pick = (row: readonly string[]) => kept.map((place) => row[place] ?? '');
  if (headers) table.push(pick(columns.map(({ head }) => head)));
  for (const row of cells) table.push(pick(row));
  if (table.length === 0) return '';
  return table
    .toString()
    .split('\n')
    .map((line) => `${indent}${line}`.trimEnd())
    .join('\n');
}

function columnsThatFit(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly number[] {
  const widths = columns.map(({ head }, place) => Math.max(head.length, ...rows.map((row) => row[place]?.length ?? 0)));
  let kept = columns.map((_, place) => place);
  const total = () => kept.reduce((sum, place) => sum + (widths[place] ?? 0) + gap, -gap);
  while (total() > width) {
    const last = kept.findLast((place) => columns[place]?.optional === true);
    if (last === undefined) break;
    kept = kept.filter((place) => place !== last);
  }
  return kept;
}
