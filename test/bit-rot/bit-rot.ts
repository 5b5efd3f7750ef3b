import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Random, seededRandom } from '../../src/base/random.js';
import { type Damage, randomDamage } from './damage.js';
import { makeDirectory } from './examined-store.js';
import type { Finding } from './examiner.js';

export interface BitRotOptions {
  readonly seed: number;
  readonly damages: number;
  /** What examines directories: a script for Node. */
  readonly examiner: string;
}

/** What can come of damage, from the best to the worst. */
export const results = [
  'unnoticed',
  'named by fsck only',
  'refused at start',
  'refused when read',
  'crashed',
  'wrong',
] as const;
export type Result = (typeof results)[number];

/** One damage, and what came of it. */
export interface Examined {
  readonly damage: Damage;
  readonly result: Result;
  /** Whether `offline fsck` names it. */
  readonly isChecked: boolean;
  readonly sentence: string;
}

/**
 * Whether this must not be: a wrong answer, or a process that ends where it could have refused. Under a running node LMDB has mapped the file,
 * and may be led out of it: then the node ends, and does not start again.
 */
export function isBad({ result, damage }: Examined): boolean {
  return result === 'wrong' || (result === 'crashed' && !damage.isRunning);
}

/** Damages a directory in many ways, one at a time, and looks what a store on it answers. */
export async function examineBitRot({ seed, damages, examiner }: BitRotOptions): Promise<Examined[]> {
  const random = seededRandom(seed);
  const examined: Examined[] = [];
  for await (const one of examineDamages(
    examiner,
    Array.from({ length: damages }, () => random),
  ))
    examined.push(one);
  return examined;
}

/** One damage after the other, each drawn from its own randomness. */
export async function* examineDamages(examiner: string, randoms: Iterable<Random>): AsyncGenerator<Examined> {
  const folder = mkdtempSync(join(tmpdir(), 'raftctl-bit-rot-'));
  const process = new Examiner(examiner, folder);
  try {
    const sound = join(folder, 'sound');
    mkdirSync(sound, { mode: 0o700 });
    writeFileSync(join(folder, 'truth.json'), JSON.stringify(await makeDirectory(sound)));
    for (const random of randoms) {
      const damage = randomDamage(sound, random);
      yield judged(damage, await process.examine(damage));
    }
  } finally {
    process.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param finding or the signal that ended the examiner */
function judged(damage: Damage, finding: Finding | string): Examined {
  if (typeof finding === 'string') return { damage, result: 'crashed', isChecked: false, sentence: finding };
  const { refusedAtStart, refused, reasons, wrong, checked, unexpected } = finding;
  const isChecked = checked.length > 0;
  const said = (result: Result, sentence: string) => ({ damage, result, isChecked, sentence });
  if (wrong.length > 0) return said('wrong', [...new Set(wrong)].slice(0, 5).join(', '));
  if (unexpected !== undefined) return said('crashed', unexpected);
  if (refusedAtStart !== undefined) return said('refused at start', refusedAtStart);
  if (refused.length > 0) return said('refused when read', reasons[0] ?? '');
  return isChecked ? said('named by fsck only', checked[0] ?? '') : said('unnoticed', '');
}

class Examiner {
  #process: ChildProcess | undefined;

  constructor(
    private readonly script: string,
    private readonly folder: string,
  ) {}

  async examine(damage: Damage): Promise<Finding | string> {
    this.#process ??= spawn(process.execPath, [this.script, this.folder], { stdio: ['pipe', 'pipe', 'ignore'] });
    const { stdin, stdout } = this.#process;
    if (stdin === null || stdout === null) throw new Error('the examiner has no input or output');
    const lines = createInterface({ input: stdout });
    const ended = this.#process;
    const answer = await new Promise<Finding | string>((onAnswer) => {
      lines.once('line', (line) => onAnswer(JSON.parse(line)));
      ended.once('close', (code, signal) => onAnswer(`${signal ?? `exit ${code}`}`));
      stdin.write(`${JSON.stringify(damage)}\n`);
    });
    lines.close();
    ended.removeAllListeners('close');
    if (typeof answer === 'string') this.#process = undefined;
    return answer;
  }

  end(): void {
    this.#process?.kill('SIGKILL');
  }
}
