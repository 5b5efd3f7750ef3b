import { createInterface } from 'node:readline/promises';
import { RaftctlError } from '../base/errors.js';

/** Whether somebody can be asked: both ends of the talk are a terminal. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Asks on stderr, so that stdout stays the result's. @throws RaftctlError E_NOT_CONFIRMED unless the answer is yes */
export async function confirm(question: string): Promise<void> {
  const dialogue = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // Ctrl-C and Ctrl-D end the talk, and are a no like any other: readline alone throws at the one and waits for ever at the other.
    const ended = new Promise<string>((resolve) => dialogue.once('close', () => resolve('')));
    dialogue.once('SIGINT', () => dialogue.close());
    const answer = await Promise.race([dialogue.question(`${question} [y/N] `), ended]);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    dialogue.close();
  }
  throw new RaftctlError('E_NOT_CONFIRMED', 'not confirmed');
}
