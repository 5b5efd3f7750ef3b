import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addFigures, type Figures, newFigures } from './figures.js';

/** Milliseconds between two looks at what the processes have played. */
const LOOK_MS = 60_000;

/**
 * Plays seeds in several processes at once, each of them every so manieth one.
 * @param args of the command, without what says which seeds
 * @param onProgress told now and then what was played so far
 */
export async function playInJobs(
  jobs: number,
  args: readonly string[],
  { first, seeds }: { readonly first: number; readonly seeds: number },
  onProgress: (figures: Figures) => void,
): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'raftctl-sim-'));
  const files = Array.from({ length: jobs }, (_, job) => join(folder, `${job}.json`));
  const sum = () => {
    const all = newFigures(first);
    for (const file of files) if (existsSync(file)) addFigures(all, JSON.parse(readFileSync(file, 'utf8')));
    return all;
  };
  const timer = setInterval(() => onProgress(sum()), LOOK_MS);
  try {
    const parts = files.map((file, job) => {
      const count = Math.floor((seeds - job - 1) / jobs) + 1;
      return playPart(file, [...args, '--seed', `${first + job}`, '--seeds', `${count}`, '--stride', `${jobs}`]);
    });
    await Promise.all(parts);
    return sum();
  } finally {
    clearInterval(timer);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What it prints of runs that fail is printed here too. */
async function playPart(file: string, args: readonly string[]): Promise<void> {
  const run = fileURLToPath(new URL('./run.js', import.meta.url));
  const child = spawn(process.execPath, [run, ...args, '--json', file, '--quiet'], { stdio: 'inherit' });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (code !== 0 && code !== 1) throw new Error(`a process of the simulator ended with ${code}`);
}
