import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { errorCodes } from '../src/base/error-codes.js';
import {
  forbiddenGlobals,
  frontPages,
  functionLinesMax,
  longFunctions,
  typeEscapes,
  unfinishedWork,
} from './tidy/code-rules.js';
import { deadLinks, errorDocumentation, manPages, unknownCommands, unknownFlags } from './tidy/document-rules.js';
import { type Room, rooms } from './tidy/import-table.js';
import { importViolations, loadedPackages } from './tidy/imports.js';
import { badNames, fileLinesHabit, fileLinesMax, filesOver } from './tidy/name-rules.js';
import { checkout, isHandWritten, readSourceTree, type SourceTree } from './tidy/source-tree.js';

/** The house rules, held against the checkout. `planted` below shows that each rule finds what it is for. */
const tree = readSourceTree();
const documentOf = (path: string) => readFileSync(join(checkout, path), 'utf8');
const commands = [...tree.keys()].filter((file) => file.startsWith('commands/'));
const pages = readdirSync(join(checkout, 'man'))
  .filter((file) => file.endsWith('.1'))
  .sort();
const documents = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'docs/security.md',
  'SECURITY.md',
  'docs/errors.md',
  'docs/architecture.md',
  'docs/divergences.md',
  'docs/maelstrom.md',
  'docs/mutation-testing.md',
  'docs/names.md',
  'docs/properties.md',
  'docs/tutorial.md',
  'docs/status.md',
  'docs/recovery.md',
  'docs/backup.md',
  'docs/reliability.md',
  'bench/README.md',
];

describe('the checkout', () => {
  test('is really read: there are files in every place that the import table names', () => {
    const empty = rooms.filter(
      ({ path }) => ![...tree.keys()].some((file) => file === path || file.startsWith(`${path}/`)),
    );
    expect(empty.map(({ path }) => path)).toEqual([]);
    expect([...tree.keys()].filter(isHandWritten).length).toBeGreaterThan(100);
  });

  test('imports only what the import table allows', () => expect(importViolations(tree)).toEqual([]));

  test('the core loads nothing but the generated messages and their codec', () => {
    expect([...loadedPackages(tree, 'src/raft/index.ts')]).toEqual(['@bufbuild/protobuf']);
  });

  test('time, chance and the process come in through doors', () => expect(forbiddenGlobals(tree)).toEqual([]));

  test('has no way around the type system', () => expect(typeEscapes(tree)).toEqual([]));

  test('has nothing that somebody meant to finish later', () => expect(unfinishedWork(tree)).toEqual([]));

  test(`has no function of more than ${functionLinesMax} lines`, () => expect(longFunctions(tree)).toEqual([]));

  test(`has no file of more than ${fileLinesMax} lines`, () => {
    const long = filesOver(tree, fileLinesHabit);
    process.stderr.write(`${long.length} files have more than ${fileLinesHabit} lines: ${long.join(', ')}\n`);
    expect(filesOver(tree, fileLinesMax)).toEqual([]);
  });

  test('names its files in kebab-case, by what is inside', () => expect(badNames(tree)).toEqual([]));

  test('has a front page in every room', () => expect(frontPages(tree, rooms)).toEqual([]));

  test('documents every error code once, with its exit code, and no code that does not exist', () => {
    expect(errorDocumentation(documentOf('docs/errors.md'), errorCodes)).toEqual([]);
  });

  test('tells nobody to type a command that does not exist', () => {
    const sources = [...tree].filter(([file]) => /^(src|commands)\//.test(file)).map(([, text]) => text);
    const texts = [...sources, ...documents.map(documentOf)];
    expect(texts.flatMap((text) => unknownCommands(text, commands))).toEqual([]);
  });

  test('tells nobody to give a flag that does not exist', () => {
    // The room that is left out has a program of its own.
    const sources = [...tree].filter(([file]) => /^(src\/(?!maelstrom)|commands\/)/.test(file)).map(([, text]) => text);
    const manual = pages.map((page) => documentOf(join('man', page))).join('\n');
    expect(sources.flatMap((text) => unknownFlags(text, manual))).toEqual([]);
  });

  test('has a man page for every command', () => {
    expect(commands.length).toBeGreaterThan(0);
    expect(manPages(commands, pages)).toEqual([]);
  });

  test('has man pages that say what the commands say', () => {
    const check = spawnSync(process.execPath, ['man/generate.js', '--check'], { cwd: checkout, encoding: 'utf8' });
    expect([check.status, check.stderr]).toEqual([0, '']);
  });

  test.each(documents)('%s is there, and its links lead somewhere', (path) => {
    const text = documentOf(path);
    expect(text.length).toBeGreaterThan(200);
    expect(deadLinks(text, (link) => existsSync(join(checkout, dirname(path), link)))).toEqual([]);
  });
});

describe('planted', () => {
  const doors = {
    'src/raft/raw-node.ts': '',
    'src/node/ports.ts': '',
    'src/daemon/index.ts': '',
    'src/client/index.ts': '',
  };
  const plant = (files: Record<string, string>): SourceTree => new Map(Object.entries({ ...doors, ...files }));

  test.each([
    ['a static import', 'src/base/a.ts', "import { x } from '../raft/raw-node.js';"],
    ['an import for its effects', 'src/base/a.ts', "import '../raft/raw-node.js';"],
    ['a type-only import', 'src/base/a.ts', "import type { X } from '../raft/raw-node.js';"],
    ['a dynamic import', 'src/base/a.ts', "const x = await import('../raft/raw-node.js');"],
    ['an export from elsewhere', 'src/base/a.ts', "export * from '../raft/raw-node.js';"],
    ['an import type', 'src/base/a.ts', "let x: import('../raft/raw-node.js').X;"],
    ['require', 'src/base/a.ts', "const x = require('../raft/raw-node.js');"],
    ['a value where only types may be had', 'src/storage/a.ts', "import { x } from '../node/ports.js';"],
    ['types among values', 'src/storage/a.ts', "import { type X } from '../node/ports.js';"],
    ['the server in the client', 'src/client/a.ts', "import type { X } from '../node/ports.js';"],
    ['the daemon, loaded with a command', 'commands/node/start.ts', "import { x } from '../../src/daemon/index.js';"],
    ['the daemon in another command', 'commands/status.ts', "const x = await import('../src/daemon/index.js');"],
    ['a package', 'src/node/a.ts', "import { open } from 'lmdb';"],
    ['a part of a package', 'src/node/a.ts', "import { x } from '@grpc/grpc-js/build/src/x.js';"],
    ['a built-in module', 'src/raft/a.ts', "import { readFile } from 'node:fs';"],
    ['a built-in module without its prefix', 'src/raft/a.ts', "import { readFile } from 'fs';"],
    ['a file that is not there', 'src/raft/a.ts', "import { x } from './b.js';"],
    ['what is named at run time', 'src/node/a.ts', 'const x = await import(path);'],
    ['a file outside of every room', 'src/attic/a.ts', "import { x } from '../raft/raw-node.js';"],
  ])('an import violation is found: %s', (_, file, text) => {
    const found = importViolations(plant({ [file]: text }));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${file}:1 `);
  });

  test('what the table allows is not found', () => {
    const allowed = {
      'src/storage/a.ts':
        "import type { X } from '../node/ports.js';\nimport { open } from 'lmdb';\nimport { join } from 'node:path';",
      'src/node/a.ts': "import { x } from '../raft/raw-node.js';\nimport type { Y } from './ports.js';",
      'commands/node/start.ts': "const x = await import('../../src/daemon/index.js');",
      'commands/status.ts': "import { x } from '../src/client/index.js';",
    };
    expect(importViolations(plant(allowed))).toEqual([]);
  });

  test('a package that comes in by a detour is found', () => {
    const detour = plant({ 'src/raft/index.ts': "export { x } from './b.js';", 'src/raft/b.ts': "import 'lmdb';" });
    expect([...loadedPackages(detour, 'src/raft/index.ts')]).toEqual(['lmdb']);
  });

  test.each([
    'const b = Buffer.alloc(1);',
    'const e = process.env;',
    "console.log('x');",
    'export function f(): Promise<void> { return g(); }',
    'export async function f() {}',
    'setTimeout(f, 1);',
    'const t = new Date();',
    'const t = Date.now();',
    'const t = performance.now();',
    'const r = Math.random();',
    'const o = { Date };',
  ])('a forbidden global is found in the core: %s', (text) => {
    expect(forbiddenGlobals(plant({ 'src/raft/a.ts': text }))).not.toEqual([]);
  });

  test('a name that the file gives a meaning itself, or a member of that name, is not a global', () => {
    const text = 'export function f(process: () => void, x: { Date: number }) { process(); return x.Date; }';
    expect(forbiddenGlobals(plant({ 'src/raft/a.ts': text }))).toEqual([]);
  });

  test.each(['let x: any;', 'const x = y as unknown as string;', `// @${'ts'}-ignore\nx();`])(
    'a type escape is found: %s',
    (text) => {
      expect(typeEscapes(plant({ 'src/raft/a.ts': text }))).toHaveLength(1);
    },
  );

  test('unfinished work is found', () => {
    const mark = ['TO', 'DO'].join('');
    expect(unfinishedWork(plant({ 'src/raft/a.ts': `// ${mark}: later` }))).toHaveLength(1);
  });

  test('a long function is found, the suite around tests is not', () => {
    const lines = 'x();\n'.repeat(functionLinesMax);
    expect(longFunctions(plant({ 'src/raft/a.ts': `const f = () => {\n${lines}};` }))).toHaveLength(1);
    expect(longFunctions(plant({ 'test/a.test.ts': `describe('a', () => {\n${lines}});` }))).toEqual([]);
  });

  test('a long file is found, a generated one is not', () => {
    const long = 'x();\n'.repeat(fileLinesMax + 1);
    expect(filesOver(plant({ 'src/raft/a.ts': long, 'src/gen/a.ts': long }), fileLinesMax)).toEqual([
      'src/raft/a.ts (401 lines)',
    ]);
  });

  test.each([
    'src/raft/rawNode.ts',
    'src/raft/raw_node.ts',
    'src/Raft/node.ts',
    'src/raft/log-utils.ts',
    'src/helpers/log.ts',
  ])('a bad name is found: %s', (path) => expect(badNames(plant({ [path]: '' }))).toHaveLength(1));

  test.each([
    ['is missing', {}],
    ['says nothing', { 'src/raft/index.ts': "export { x } from './a.js';" }],
    ['exports whatever there is', { 'src/raft/index.ts': "/** The core. */\nexport * from './a.js';" }],
  ])('a front page that %s is found', (_, files) => {
    const core = rooms.filter(({ path }: Room) => path === 'src/raft');
    expect(frontPages(plant(files), core)).toHaveLength(1);
  });

  test('an error code that is documented never, twice, wrongly, or that does not exist is found', () => {
    const table = { E_A: { exit: 1 }, E_B: { exit: 2 }, E_C: { exit: 3 } };
    const text = '### E_A\nExit code: 1\n### E_B\nExit code: 1\n### E_D\nExit code: 1\n### E_A\nExit code: 1\n';
    expect(errorDocumentation(text, table)).toEqual([
      'E_A is documented 2 times',
      'E_B is documented with another exit code than 2',
      'E_C is documented 0 times',
      'E_D is documented and does not exist',
    ]);
  });

  test('a command without a man page, and a page without a command, are found', () => {
    const commands = ['commands/status.ts', 'commands/member/change/index.ts', 'commands/member/change/leave.ts'];
    const pages = ['raftctl.1', 'raftctl-status.1', 'raftctl-member-change.1', 'raftctl-top.1'];
    expect(manPages(commands, pages)).toEqual([
      'raftctl-member-change-leave.1 is missing',
      'raftctl-top.1 belongs to no command',
    ]);
  });

  test('a command that does not exist is found', () => {
    const files = ['commands/status.ts', 'commands/node/start.ts'];
    const text = 'raftctl status, raftctl node start, no raftctl node; raftctl node reset; raftctl recover --help';
    expect(unknownCommands(text, files)).toEqual([
      'there is no command raftctl node reset',
      'there is no command raftctl recover',
    ]);
  });

  test('a flag that does not exist is found', () => {
    const text = 'hint: with --confirm, a larger --log-bytes-max or --; well--known';
    expect(unknownFlags(text, '\\fB\\-\\-confirm\\fR and \\-\\-log\\-size\\-max')).toEqual([
      'there is no flag --log-bytes-max',
    ]);
  });

  test('a dead link is found', () => {
    const text = '[a](a.md) [b](b.md#part) [web](https://example.org)';
    expect(deadLinks(text, (link) => link === 'a.md')).toEqual(['link to b.md leads nowhere']);
  });
});
