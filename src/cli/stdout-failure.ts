import type { Hook } from '@oclif/core';
import { messageOf } from '../base/errors.js';

/** What is wanted of a stream that results are written to. */
export interface ResultStream {
  prependListener(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/**
 * Ends the program in one sentence where its result cannot be written, as on a full disk. A reader who has gone, as `head` does, is no
 * failure: the command ends as it would have ended.
 * @param exit takes the sentence and ends the program with exit 1
 */
export function endOnFailure(stdout: ResultStream, exit: (sentence: string) => void): void {
  stdout.prependListener('error', (error) => {
    if (error.code === 'EPIPE') return;
    const reason = error.code === 'ENOSPC' ? 'no space is left there' : messageOf(error);
    exit(`error: the result cannot be written to standard output: ${reason}`);
  });
}

/** Watches stdout before anything is written, whichever command is to run. */
const hook: Hook.Init = async () => {
  // Whoever does not take what is said on the side gets the exit code all the same.
  process.stderr.on('error', () => undefined);
  endOnFailure(process.stdout, (sentence) => {
    process.stderr.write(`${sentence}\n`);
    process.exit(1);
  });
};

export default hook;
