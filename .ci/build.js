#!/usr/bin/env node
// Builds a checkout from whatever state it is in: installs what the lock file names, generates code from proto/, compiles, and writes
// the command manifest. Does nothing twice. Needs Node and npm alone.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

const digest = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]))
    .sort();
}

/** Runs `work` unless the stamp at `file` says that it was run on just this input. */
function once(file, input, work) {
  if (existsSync(file) && readFileSync(file, 'utf8') === input) return;
  work();
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, input);
}

const run = (command, args) => execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
const bin = (name) => join('node_modules', '.bin', name);

once('node_modules/.raftctl-installed', digest(readFileSync('package-lock.json'), process.version), () =>
  run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts']),
);

const protoFiles = filesBelow('proto');
const protoDigest = digest(readFileSync('buf.gen.yaml'), ...protoFiles.map((file) => readFileSync(file)));
once('src/gen/.stamp', protoDigest, () => run(bin('buf'), ['generate']));

const sources = ['src', 'commands', 'test', 'bench'].flatMap(filesBelow).filter((file) => file.endsWith('.ts'));
const newest = (files) => Math.max(...files.map((file) => statSync(file).mtimeMs));
const sourceList = digest(sources.join('\n'), readFileSync('tsconfig.json'), readFileSync('package.json'));
const upToDate =
  existsSync('dist/.built') &&
  readFileSync('dist/.built', 'utf8') === sourceList &&
  statSync('dist/.built').mtimeMs > newest([...sources, 'package.json', 'tsconfig.json']);
if (!upToDate) {
  if (existsSync('dist/.built') && readFileSync('dist/.built', 'utf8') !== sourceList)
    rmSync('dist', { recursive: true });
  run(bin('tsc'), ['-p', 'tsconfig.json']);
  run(bin('oclif'), ['manifest']);
  writeFileSync('dist/.built', sourceList);
}
