import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { confChangeRunner } from './confchange.js';
import { interactionRunner } from './interaction/runner.js';
import { quorumRunner } from './quorum.js';
import type { StepRunner } from './story.js';

/** A transcript on disk, and what runs it. */
export interface StoryFile {
  readonly path: string;
  readonly text: string;
  /** Makes a fresh environment for one run of the story. */
  readonly newRunner: () => StepRunner;
}

const RUNNERS: Readonly<Record<string, () => StepRunner>> = {
  interaction: interactionRunner,
  confchange: confChangeRunner,
  quorum: quorumRunner,
};

/**
 * Every `*.txt` below a folder, in order of its path. The nearest folder above a file that is named after a runner chooses it.
 * @throws Error where a file lies in no such folder
 */
export function storiesOfFolder(folder: string): StoryFile[] {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.txt'));
  return paths.sort().map((path) => {
    const full = join(folder, path);
    return { path: full, text: readFileSync(full, 'utf8'), newRunner: runnerFor(full) };
  });
}

function runnerFor(path: string): () => StepRunner {
  for (const name of path.split(sep).reverse()) {
    const runner = RUNNERS[name];
    if (runner !== undefined) return runner;
  }
  throw new Error(`${path}: lies in no folder named ${Object.keys(RUNNERS).join(', ')}`);
}
