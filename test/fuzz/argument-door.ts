import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allCommands, type CommandClass } from '../cli/all-commands.js';
import { type CommandRun, runCommand } from '../cli/run-command.js';
import { Chance } from './chance.js';
import { type Budget, type DoorReport, FuzzFailure, Outcomes } from './fuzzing.js';

/** Commands that start something, take the terminal, or go on until somebody ends them. */
const leftOut = new Set(['node:start', 'playground', 'top', 'completion', 'watch', 'audit:tail', 'certs:create']);
/** Longest that one may take, in milliseconds: each is given a hundredth of that. */
const commandMsMax = 20_000;

const words = [
  ...[
    '',
    ' ',
    '0',
    '1',
    '-1',
    '1,2',
    '1,,2',
    'none',
    '1=127.0.0.1:1',
    '127.0.0.1:1',
    '9007199254740993',
    '1e9',
    '0x10',
  ],
  ...[
    '5s',
    '5',
    '-5s',
    '1KiB',
    'true',
    'key',
    '{"a":1}',
    '"x"',
    '{"a":',
    '@/nowhere',
    '@',
    '--',
    '-',
    '--json',
    '-o',
    'json',
  ],
  ...[
    '__proto__',
    'constructor',
    '\u0000',
    '\u001b[2J',
    '\u202e',
    'é'.repeat(40),
    'x'.repeat(5000),
    '../..',
    'leader',
    '*',
  ],
  ...['ready', 'voter-down>5s', '1/2', 'quorum', '$(id)', '`id`', '%s', '\n', '=', ',', '٣', 'NaN', 'viewer', 'kv'],
] as const;

/** Whatever somebody may type: each command with flags of its own and of others, values that fit and values that do not; nobody is there to answer. */
export async function fuzzArguments(seed: number, budget: Budget): Promise<DoorReport> {
  const commands = [...(await allCommands())].filter(([id]) => !leftOut.has(id));
  const [first, ...others] = commands;
  if (first === undefined) throw new Error('there is no command');
  const outcomes = new Outcomes();
  const restore = emptySurroundings();
  try {
    for (const one of budget.seeds(seed)) {
      const chance = new Chance(one);
      const [id, command] = chance.pick([first, ...others]);
      const argv = argumentsOf(command, chance);
      const fault = await faultOf(command, id, argv, outcomes);
      if (fault !== undefined) throw new FuzzFailure(`${id} ${JSON.stringify(argv)}: ${fault}`, one);
    }
    return outcomes;
  } finally {
    restore();
  }
}

/** A folder of its own, so that what a command writes harms nobody, and none of the machine's settings. */
function emptySurroundings(): () => void {
  const [cwd, env, folder] = [process.cwd(), process.env, mkdtempSync(join(tmpdir(), 'raftctl-fuzz-'))];
  process.chdir(folder);
  process.env = { PATH: env['PATH'], HOME: folder, RAFTCTL_CONFIG: '/nowhere', NODE_ENV: 'production', NO_COLOR: '1' };
  return () => {
    process.chdir(cwd);
    process.env = env;
    rmSync(folder, { recursive: true, force: true });
  };
}

function argumentsOf(command: CommandClass, chance: Chance): string[] {
  const own = Object.entries({ ...command.baseFlags, ...command.flags });
  const argv = ['-e', '127.0.0.1:1', '--timeout', '200ms'].filter(() => !chance.oneIn(20));
  for (let left = chance.int(0, 5); left > 0; left--) {
    const place = chance.int(0, argv.length + 1);
    const [name, flag] = own[chance.int(0, own.length)] ?? ['json', undefined];
    const value = chance.pick(words);
    const isBare = flag?.type === 'boolean' || chance.oneIn(10);
    const given = chance.oneIn(15) ? `--${name}x` : `--${name}`;
    argv.splice(place, 0, ...(isBare ? [given] : chance.oneIn(2) ? [`${given}=${value}`] : [given, value]));
  }
  for (let left = chance.int(0, 4); left > 0; left--)
    argv.splice(chance.int(0, argv.length + 1), 0, chance.pick(words));
  // Standard input is that of whoever runs this; and nothing is followed for ever.
  return argv.filter((word) => word !== '-' && !/^--(?:watch|batch|file|interval|exec)/.test(word));
}

async function faultOf(
  command: CommandClass,
  id: string,
  argv: readonly string[],
  outcomes: Outcomes,
): Promise<string | undefined> {
  const run = await endOf(runCommand(command, id, argv));
  if (typeof run === 'string') return run;
  outcomes.add(`exit ${run.exitCode}`);
  const shown = run.stdout + run.stderr;
  const asked = argv.some((word) => /^(?:-[a-z]*v|--v)/.test(word));
  if (shown.includes('E_INTERNAL') || (!asked && /\n {4}at /.test(shown))) return `a defect: ${run.stderr}`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
  if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(shown)) return `it moves the cursor: ${JSON.stringify(shown)}`;
  if (run.exitCode !== 0 && !run.stderr.includes('error: ') && run.stdout === '') return 'it fails and says nothing';
  return undefined;
}

async function endOf(running: Promise<CommandRun>): Promise<CommandRun | string> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`it has not ended after ${commandMsMax} ms`), commandMsMax);
  });
  try {
    return await Promise.race([running, tooLong]);
  } catch (thrown) {
    return `it threw: ${thrown instanceof Error ? thrown.stack : String(thrown)}`;
  } finally {
    clearTimeout(timer);
  }
}
