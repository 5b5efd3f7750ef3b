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
    const answer = await dialogue.question(`${question} [y/N] `);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    dialogue.close();
  }
  throw new RaftctlError('E_NOT_CONFIRMED', 'not confirmed');
}
