import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

/** One row of a table of `docs/scenarios.md`. */
interface Row {
  /** Heading above the table, without its count. */
  readonly section: string;
  readonly name: string;
  readonly references: readonly Reference[];
}

/** Where a scenario is told: a test or group of tests by its title, or a whole transcript. */
interface Reference {
  readonly file: string;
  readonly title: string | undefined;
}

/** Tests of raft-rs in each of its files. */
const RAFT_RS: Readonly<Record<string, number>> = {
  'test_raft.rs': 136,
  'test_raft_flow_control.rs': 5,
  'test_raft_paper.rs': 25,
  'test_raft_snap.rs': 7,
  'test_raw_node.rs': 27,
  'failpoints_cases/mod.rs': 2,
  'raft_log.rs': 17,
  'storage.rs': 8,
  'log_unstable.rs': 6,
  'progress.rs': 7,
  'inflights.rs': 4,
  'errors.rs': 2,
  'raw_node.rs': 1,
  'confchange/datadriven_test.rs': 1,
  'quorum/datadriven_test.rs': 1,
  'datadriven crate': 7,
};

const RULES = 113;

function rowsOf(text: string): Row[] {
  const rows: Row[] = [];
  let section = '';
  for (const line of text.split('\n')) {
    const heading = /^#+ (.*?)(?: \(\d+\))?$/.exec(line);
    if (heading) section = heading[1] ?? '';
    if (!line.startsWith('| ') || line.startsWith('| ---') || /\| (told here by|pinned by) \|$/.test(line)) continue;
    const cells = line.slice(2, -2).split(' | ');
    rows.push({ section, name: cells[0] ?? '', references: referencesOf(cells.at(-1) ?? '') });
  }
  return rows;
}

function referencesOf(cell: string): Reference[] {
  return cell.split('<br>').flatMap((part) => {
    const found = /^`(?<file>[^`]+)`(?: › (?<title>.+))?$/.exec(part);
    const { file, title } = found?.groups ?? {};
    return file === undefined ? [] : [{ file, title }];
  });
}

/** What is wrong with a reference; undefined: nothing. */
function wrongWith({ file, title }: Reference): string | undefined {
  if (!existsSync(file)) return `${file} is not there`;
  if (file.endsWith('.txt')) return title === undefined ? undefined : `${file} is a transcript and has no titles`;
  if (title === undefined) return `${file} is named without a title`;
  return titlesOf(file).has(title) ? undefined : `${file} has no test "${title}"`;
}

/** Titles of the tests and groups of a file, as they are written there. */
function titlesOf(file: string): ReadonlySet<string> {
  const source = readFileSync(file, 'utf8');
  const titles = new Set<string>();
  for (const { index, 0: call, groups } of source.matchAll(/\b(?:test|describe)(?<each>\.each(?:<[^()]*>)?)?\(/g)) {
    const { each } = groups ?? {};
    const opened = index + call.length;
    // `test.each(cases)(title, …)`: the title comes behind the cases.
    const from = each === undefined ? opened : closingParenthesis(source, opened) + 2;
    const literal = LITERAL.exec(source.slice(from).trimStart())?.[0];
    if (literal !== undefined) titles.add(literal.slice(1, -1).replaceAll(/\\(['"])/g, '$1'));
  }
  return titles;
}

const LITERAL = /^(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")/;

/** Where the parenthesis that was opened just before `from` is closed; what is in strings and comments does not count. */
function closingParenthesis(source: string, from: number): number {
  let depth = 1;
  for (const { index, 0: token } of source.slice(from).matchAll(TOKEN)) {
    if (token === '(') depth++;
    if (token === ')') depth--;
    if (depth === 0) return from + index;
  }
  return source.length;
}

const TOKEN = /\/\/.*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|[()]/g;

const rows = rowsOf(readFileSync('docs/scenarios.md', 'utf8'));
const section = (name: string) => rows.filter((row) => row.section === name).map((row) => row.name);

describe('the table of scenarios', () => {
  test('names every test of raft-rs once', () => {
    const counts = Object.fromEntries(Object.keys(RAFT_RS).map((file) => [file, new Set(section(file)).size]));
    expect(counts).toEqual(RAFT_RS);
    expect(rows.filter((row) => row.section in RAFT_RS)).toHaveLength(256);
  });

  test('names every rule and every defect once, in order', () => {
    expect(section('Rules')).toEqual(Array.from({ length: RULES }, (_, i) => `R${i + 1}`));
    expect(section('Defects that are not copied')).toEqual([
      ...Array.from({ length: 18 }, (_, i) => `D${i + 1}`),
      'etcd',
    ]);
  });

  test('tells where each of them is told', () => {
    expect(rows.filter(({ references }) => references.length === 0).map(({ name }) => name)).toEqual([]);
  });

  test('names only what is there', () => {
    const wrong = rows.flatMap(({ name, references }) =>
      references.flatMap((reference) => {
        const reason = wrongWith(reference);
        return reason === undefined ? [] : [`${name}: ${reason}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  test('is noticed when it claims what is not so', () => {
    const planted = rowsOf(
      '## Rules\n\n| R1 | about | `test/raft/scenarios.test.ts` › is told nowhere at all, truly |\n',
    );
    const [reference] = planted[0]?.references ?? [];
    expect(reference && wrongWith({ ...reference, title: `${reference.title}!` })).toContain('has no test');
    expect(wrongWith({ file: 'test/raft/nowhere.test.ts', title: 'x' })).toContain('is not there');
    expect(wrongWith({ file: 'test/raft/scenarios.test.ts', title: undefined })).toContain('without a title');
  });
});
