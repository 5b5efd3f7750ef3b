import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import * as core from '../../src/raft/index.js';
import { checkout } from '../tidy/source-tree.js';

/** The tutorial is a program: its blocks, put together, compile as strictly as the sources do, and every assertion in them holds. */

const text = readFileSync(join(checkout, 'docs/tutorial.md'), 'utf8');
const file = join(checkout, 'docs/tutorial.ts');

/** The TypeScript blocks of a page, each in the line where it stands, so that an error names the line of the page. */
function programOf(page: string): string {
  let inside = false;
  const lines = page.split('\n').map((line) => {
    if (line.startsWith('```')) {
      inside = line === '```ts';
      return '';
    }
    return inside ? line : '';
  });
  return lines.join('\n');
}

/** What the compiler, set as for the sources, says of a program that stands nowhere on disk. */
function diagnosticsOf(program: string): string[] {
  const config = ts.readConfigFile(join(checkout, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, checkout);
  const settings = { ...options, noEmit: true, incremental: false, composite: false, declaration: false };
  delete settings.tsBuildInfoFile;
  const host = ts.createCompilerHost(settings);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === file || fileExists(path);
  host.getSourceFile = (path, languageVersion, ...rest) =>
    path === file
      ? ts.createSourceFile(path, program, languageVersion, true)
      : getSourceFile(path, languageVersion, ...rest);
  const compiled = ts.createProgram([file], settings, host);
  return ts.getPreEmitDiagnostics(compiled).map(({ start = 0, file: where, messageText }) => {
    const line = where === undefined ? 0 : where.getLineAndCharacterOfPosition(start).line + 1;
    return `${where?.fileName ?? ''}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

/** Runs a program that imports the core and assertions. */
function run(program: string): void {
  const { outputText } = ts.transpileModule(program, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2023, esModuleInterop: true },
  });
  const modules: Record<string, unknown> = {
    'raftctl/raft': core,
    'node:assert/strict': Object.assign(assert, { __esModule: true, default: assert }),
  };
  const load = (name: string) => {
    if (modules[name] === undefined) throw new Error(`the tutorial imports ${name}`);
    return modules[name];
  };
  new Function('require', 'exports', outputText)(load, {});
}

describe('the tutorial', () => {
  const program = programOf(text);

  test('has a program', () => {
    expect(text.match(/^```ts$/gm)?.length).toBeGreaterThan(10);
    expect(program.match(/^\s*assert/gm)?.length).toBeGreaterThan(20);
  });

  test('compiles', () => expect(diagnosticsOf(program)).toEqual([]), 120_000);

  test('holds what it says', () => run(program));

  test('uses nothing but what a user has', () => {
    expect([...program.matchAll(/from '([^']+)'/g)].map((match) => match[1])).toEqual([
      'node:assert/strict',
      'raftctl/raft',
    ]);
  });
});

describe('planted', () => {
  test('a page without a program has none', () =>
    expect(programOf('# Page\n\n```sh\nnpm test\n```\n').trim()).toBe(''));

  test('an error names the line of the page', () => {
    const program = programOf('# Page\n\n```ts\nexport const text: string = 1;\n```\n');
    expect(diagnosticsOf(program)).toEqual([expect.stringContaining(`${file}:4 `)]);
  }, 120_000);

  test('an assertion that does not hold fails', () => {
    const program = "import assert from 'node:assert/strict';\nassert.equal(1, 2);\n";
    expect(() => run(program)).toThrow(assert.AssertionError);
  });
});
