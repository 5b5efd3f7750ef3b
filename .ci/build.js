#!/usr/bin/env node
// Builds a checkout from whatever state it is in: installs what the lock file names, generates code from proto/, compiles, writes the
// command manifest and the man pages. Does nothing twice: when all is up to date it takes a tenth of a second. Needs Node and npm alone.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) stop(`raftctl needs Node 20.19 or newer; this is ${process.version}`);

once('node_modules/.raftctl-installed', digest(readFileSync('package-lock.json'), process.version), () =>
  run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']),
);

const protoFiles = filesBelow('proto');
once('src/gen/.stamp', digest(...['buf.gen.yaml', ...protoFiles].map((file) => readFileSync(file))), () =>
  run(bin('buf'), ['generate']),
);

const sources = ['src', 'commands', 'test', 'bench', 'docs'].flatMap(filesBelow).filter((file) => file.endsWith('.ts'));
const settings = ['tsconfig.json', 'package.json', 'man/generate.js'];
const state = digest(...sources, ...[...sources, ...settings].map((file) => readFileSync(file)));
const sourceList = digest(...sources);
// A file that is gone must be gone from dist as well: the manifest lists what is found there.
if (existsSync('dist') && readIfThere('dist/.sources') !== sourceList) rmSync('dist', { recursive: true });
once('dist/.built', state, () => {
  mkdirSync('dist', { recursive: true });
  writeFileSync('dist/.sources', sourceList);
  run(bin('tsc'), ['-p', 'tsconfig.json']);
  run(bin('oclif'), ['manifest']);
  run(process.execPath, ['man/generate.js']);
});

/** Runs `work` unless the stamp in `file` says that it was run on just this input. */
function once(file, input, work) {
  if (readIfThere(file) === input) return;
  work();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, input);
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function digest(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((file) => join(folder, file))
    .filter((file) => statSync(file).isFile())
    .sort();
}

function bin(name) {
  return join('node_modules', '.bin', name);
}

/** What it prints goes to stderr, so that stdout stays that of the command the build is for. */
function run(command, args) {
  const env = { ...process.env, OCLIF_SKIP_NEW_VERSION_CHECK: 'true' };
  const { status, signal, error } = spawnSync(command, args, { env, stdio: ['ignore', 2, 2], timeout: 600_000 });
  if (status !== 0) stop(`${command} ${args.join(' ')} failed: ${error?.message ?? signal ?? `exit ${status}`}`);
}

function stop(message) {
  process.stderr.write(`build: ${message}\n`);
  process.exit(1);
}
