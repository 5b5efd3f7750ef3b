#!/usr/bin/env node
// Writes the man pages from oclif.manifest.json, one a command and `raftctl.1`, and their list in package.json; `--check` compares them
// only. The build runs it after the manifest is written; the pages are committed.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path) => readFileSync(join(root, path), 'utf8');
const program = JSON.parse(read('package.json'));
const commands = Object.values(JSON.parse(read('oclif.manifest.json')).commands)
  .filter(({ hidden, pluginType }) => !hidden && pluginType === 'core')
  .sort((a, b) => (a.id < b.id ? -1 : 1));

const pages = new Map([
  ['raftctl.1', programPage()],
  ...commands.map((command) => [`${pageName(command)}.1`, commandPage(command)]),
]);
const present = readdirSync(join(root, 'man')).filter((file) => file.endsWith('.1'));
const stale = [...pages].filter(
  ([file, text]) => !existsSync(join(root, 'man', file)) || read(join('man', file)) !== text,
);
const surplus = present.filter((file) => !pages.has(file));

const listed = [...pages.keys()].sort().map((file) => `man/${file}`);
const misListed = program.man.join() !== listed.join();

if (process.argv.includes('--check')) {
  for (const file of [...stale.map(([name]) => name), ...surplus])
    process.stderr.write(`man/${file} is not what the build makes\n`);
  if (misListed) process.stderr.write('package.json lists other man pages than there are\n');
  process.exitCode = stale.length + surplus.length > 0 || misListed ? 1 : 0;
} else {
  for (const [file, text] of stale) writeFileSync(join(root, 'man', file), text);
  for (const file of surplus) rmSync(join(root, 'man', file));
  if (misListed) writeFileSync(join(root, 'package.json'), `${JSON.stringify({ ...program, man: listed }, null, 2)}\n`);
}

function programPage() {
  return page('raftctl', program.description, [
    section('SYNOPSIS', ['.B raftctl', '\\fIcommand\\fR [\\fIarguments\\fR] [\\fIoptions\\fR]']),
    section('DESCRIPTION', [
      text(
        'raftctl runs the nodes of a Raft cluster, and looks into a cluster and changes it from the command line. Each command below has a ' +
          'page of its own; "raftctl help COMMAND" says the same on the terminal. With --json every command prints exactly one document, on ' +
          'success and on failure, and ends with the same exit status as without.',
      ),
    ]),
    section(
      'COMMANDS',
      commands.flatMap((command) => ['.TP', `.BR ${pageName(command)} (1)`, text(firstSentence(command))]),
    ),
    section('EXIT STATUS', exitCodes()),
    section('SEE ALSO', [text(`The error codes and what to do about each: ${fileUrl('docs/errors.md')}`)]),
  ]);
}

function commandPage(command) {
  const flags = Object.values(command.flags ?? {}).filter(({ hidden }) => !hidden);
  const args = Object.values(command.args ?? {}).filter(({ hidden }) => !hidden);
  const related = commands.filter((other) => other !== command && other.id.split(':')[0] === command.id.split(':')[0]);
  return page(pageName(command), firstSentence(command), [
    section('SYNOPSIS', [`.B raftctl ${spaced(command)}`, synopsis(args, flags)]),
    section('DESCRIPTION', paragraphs(description(command))),
    section('ARGUMENTS', args.flatMap(argument)),
    ...flagGroups(flags).map(([group, members]) => section(group, members.flatMap(flag))),
    section(
      'EXAMPLES',
      (command.examples ?? []).flatMap((example) => exampleOf(example, command)),
    ),
    section('EXIT STATUS', ['Listed in', '.BR raftctl (1).']),
    section('SEE ALSO', [['raftctl', ...related.map(pageName)].map((name) => `.BR ${name} (1)`).join(' ,\n')]),
  ]);
}

function page(name, summary, sections) {
  const header = `.TH ${name.toUpperCase()} 1 "" "raftctl ${program.version}" "raftctl manual"`;
  const title = section('NAME', [`${escaped(name)} \\- ${escaped(lowerFirst(summary))}`]);
  return `${['.\\" Written by man/generate.js from the commands; not edited.', header, title, ...sections].filter(Boolean).join('\n')}\n`;
}

/** Empty where there is nothing to say. */
function section(heading, lines) {
  return lines.length === 0 ? '' : [`.SH ${heading}`, ...lines].join('\n');
}

function pageName({ id }) {
  return `raftctl-${id.replaceAll(':', '-')}`;
}

function spaced({ id }) {
  return id.replaceAll(':', ' ');
}

function synopsis(args, flags) {
  const names = args.map(({ name, required }) =>
    required ? `\\fI${escaped(name)}\\fR` : `[\\fI${escaped(name)}\\fR]`,
  );
  const needed = flags
    .filter(({ required }) => required)
    .map((one) => `\\fB\\-\\-${escaped(one.name)}\\fR \\fI${valueName(one)}\\fR`);
  return [...names, ...needed, '[\\fIoptions\\fR]'].join(' ');
}

/** Options of the command first, then the groups in the order in which they come. */
function flagGroups(flags) {
  const groups = new Map();
  for (const one of flags) {
    const group =
      one.helpGroup && one.helpGroup !== 'GLOBAL'
        ? `${one.helpGroup.toUpperCase()} OPTIONS`
        : one.helpGroup
          ? 'GLOBAL OPTIONS'
          : 'OPTIONS';
    groups.set(group, [...(groups.get(group) ?? []), one]);
  }
  return [...groups].sort(([a], [b]) => Number(b === 'OPTIONS') - Number(a === 'OPTIONS'));
}

function flag(one) {
  const long = `\\-\\-${one.allowNo ? '[no\\-]' : ''}${escaped(one.name)}`;
  const names = one.char ? `\\-${one.char}, ${long}` : long;
  const notes = [
    one.options ? `One of ${one.options.join(', ')}.` : '',
    one.multiple ? 'May be given more than once.' : '',
    one.env ? `Environment: ${one.env}.` : '',
    one.default === undefined || one.type === 'boolean' ? '' : `Default: ${[one.default].flat().join(',')}.`,
  ];
  const said = [sentence(one.summary ?? one.description ?? ''), ...notes].filter(Boolean).join(' ');
  return ['.TP', `\\fB${names}\\fR${one.type === 'option' ? ` \\fI${valueName(one)}\\fR` : ''}`, text(said)];
}

function valueName(one) {
  return escaped(one.helpValue ?? one.name.toUpperCase());
}

function argument({ name, description: said }) {
  return ['.TP', `\\fI${escaped(name)}\\fR`, text(sentence(said ?? ''))];
}

function exampleOf(example, command) {
  const { description: said = '', command: line = example } =
    typeof example === 'string' ? { command: example } : example;
  const filled = line
    .replaceAll(/<%= *config\.bin *%>/g, 'raftctl')
    .replaceAll(/<%= *command\.id *%>/g, spaced(command));
  return [
    '.PP',
    ...(said === '' ? [] : [text(said)]),
    '.nf',
    '.RS',
    ...filled.trim().split('\n').map(escaped),
    '.RE',
    '.fi',
  ];
}

/** Rows of the table of exit codes in docs/errors.md: code, name, meaning. */
function exitCodes() {
  const rows = read('docs/errors.md').matchAll(/^\| (\d+(?: \/ \d+)?) \| ([a-z-]+) \| (.+) \|$/gm);
  return [...rows].flatMap(([, code, name, meaning]) => ['.TP', `.B ${code}`, text(`${name}: ${sentence(meaning)}`)]);
}

function firstSentence(command) {
  return (command.summary ?? command.description ?? '').split('\n')[0].replace(/\.$/, '');
}

function description(command) {
  const [summary, body] = [command.summary ?? '', command.description ?? ''];
  return summary === '' || body.startsWith(summary) ? body : `${sentence(summary)}\n\n${body}`;
}

function paragraphs(said) {
  const parts = said.split(/\n\s*\n/).map((part) => part.trim());
  return parts.filter(Boolean).flatMap((part, at) => [...(at === 0 ? [] : ['.PP']), text(upperFirst(part))]);
}

/** Each sentence of the manual begins with a capital letter and ends with a point. */
function sentence(said) {
  const trimmed = upperFirst(said.trim());
  return trimmed === '' || /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

function upperFirst(said) {
  return said.charAt(0).toUpperCase() + said.slice(1);
}

function lowerFirst(said) {
  return /^[A-Z](?![A-Z])/.test(said) ? said.charAt(0).toLowerCase() + said.slice(1) : said;
}

function fileUrl(path) {
  return program.repository ? `${program.repository.url}/blob/main/${path}` : path;
}

/** Running text, one line of the source a line of the page's source. */
function text(said) {
  return said
    .replaceAll('`', '')
    .split('\n')
    .map((line) => escaped(line.trim()))
    .join('\n');
}

/** So that roff takes every character for itself: its escape character, and what it takes for a request at the start of a line. */
function escaped(said) {
  return said
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/, '\\&$1');
}
