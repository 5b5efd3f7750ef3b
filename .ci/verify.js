#!/usr/bin/env node
// Every check of the project but its tests, on a checkout that is built: that the types hold the build has shown. Changes nothing:
// `npm run fix` does.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const tool = (name, ...args) => run(join('node_modules', '.bin', name), args);
const node = (...args) => run(process.execPath, args);

const checks = {
  'protos are clean': () => tool('buf', 'lint'),
  'protos are formatted': () => tool('buf', 'format', '--diff', '--exit-code'),
  'sources are formatted and clean': () => tool('biome', 'check', '--error-on-warnings', '.'),
  'nothing is unused': () => tool('knip'),
  'man pages say what the commands say': () => node('man/generate.js', '--check'),
  'transcripts agree': () => node('dist/test/transcripts/run.js'),
  'the package holds what it should': packageContent,
};

const failed = [];
for (const [name, check] of Object.entries(checks)) {
  const start = performance.now();
  const problem = check();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  process.stdout.write(`${problem === '' ? 'ok  ' : 'FAIL'}  ${name} (${seconds} s)\n`);
  if (problem === '') continue;
  failed.push(name);
  process.stdout.write(`${problem.trimEnd().replace(/^/gm, '      ')}\n`);
}
if (failed.length > 0) {
  process.stdout.write(`${failed.length} of ${Object.keys(checks).length} checks failed\n`);
  process.exitCode = 1;
}

/** Empty where the command went well; otherwise what it said. */
function run(command, args) {
  const { status, stdout, stderr, signal, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 300_000 });
  if (status === 0) return '';
  return [stdout, stderr, error?.message, signal].filter(Boolean).join('\n') || `exit ${status}`;
}

/** What would be published: all that is needed to run, and nothing that is not. */
function packageContent() {
  const { status, stdout, stderr } = spawnSync(
    'npm',
    ['pack', '--dry-run', '--json', '--ignore-scripts', '--loglevel=error'],
    {
      encoding: 'utf8',
      timeout: 120_000,
    },
  );
  if (status !== 0) return stderr;
  const files = JSON.parse(stdout)[0].files.map(({ path }) => path);
  const needed = [
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'package.json',
    'oclif.manifest.json',
    'bin/raftctl.js',
    'bin/raftctl-maelstrom.js',
    'dist/src/maelstrom/index.js',
    'dist/commands/status.js',
    'dist/src/raft/index.d.ts',
    'dist/src/raft/index.js',
    'dist/src/node/index.js',
    'dist/src/client/index.js',
    'man/raftctl.1',
    'proto/raft/v1/raft.proto',
  ];
  const missing = needed.filter((path) => !files.includes(path)).map((path) => `missing: ${path}`);
  const allowed =
    /^(bin|dist\/(src|commands)|man|proto)\/|^(README|CHANGELOG)\.md$|^(LICENSE|package\.json|oclif\.manifest\.json)$/;
  const surplus = files
    .filter((path) => !allowed.test(path) || path.endsWith('.map'))
    .map((path) => `should not be there: ${path}`);
  return [...missing, ...surplus].join('\n');
}
