import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type StoryFile, storiesOfFolder } from './stories-of-folder.js';
import { diff, playStory, rewriteStory } from './story.js';

/*
 * npm run transcripts -- [FOLDER…]
 *
 * Plays every transcript below the folders (ours, where none is given) and prints what differs. REWRITE=1 writes the files again with what
 * was printed instead: look at the difference, and keep it only if you understand what caused it.
 */

const OUR_STORIES = 'test/testdata';
const { REWRITE } = process.env;

function main(): void {
  const folders = process.argv.slice(2);
  const stories = (folders.length > 0 ? folders : [OUR_STORIES]).flatMap((folder) => storiesOfFolder(resolve(folder)));
  const failed = stories.filter((story) => !passes(story)).length;
  process.stdout.write(`${stories.length - failed} passed, ${failed} failed\n`);
  if (failed > 0 || stories.length === 0) process.exitCode = 1;
}

function passes({ path, text, newRunner }: StoryFile): boolean {
  try {
    if (REWRITE === '1') {
      writeFileSync(path, rewriteStory(text, newRunner()));
      return true;
    }
    const failure = playStory(text, newRunner());
    if (failure === undefined) return true;
    const { line, command, expected, actual } = failure;
    process.stdout.write(`FAILED ${path}:${line} ${command} (- expected, + printed)\n${diff(expected, actual)}\n`);
  } catch (error) {
    process.stdout.write(`FAILED ${path}: ${error instanceof Error ? (error.stack ?? error.message) : error}\n`);
  }
  return false;
}

main();
