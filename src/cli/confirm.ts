import { createInterface } from 'node:readline/promises';
import { RaftctlError } from '../base/errors.js';

/** Whether somebody can be asked: both ends of the talk are a terminal. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Asks on stderr, so that stdout stays the result's. @throws RaftctlError E_NOT_CONFIRMED unless the answer is yes */
export async function confirm(question: string): Promise<void> {
  if (/^y(es)?$/i.test(await answerTo(`${question} [y/N] `))) return;
  throw new RaftctlError('E_NOT_CONFIRMED', 'not confirmed');
}

/** What is done to a cluster, or a node, only where its name was typed. */
export interface NamedDeed {
  /** What is to be typed. */
  readonly name: string;
  /** `Type the name of the cluster to write this plan`. */
  readonly question: string;
  /** The value of `--confirm`; undefined where it was not given. */
  readonly given: string | undefined;
}

/**
 * Asks for a name where nothing but the name will do; a script gives it with `--confirm`.
 * @throws RaftctlError E_NOT_CONFIRMED
 */
export async function confirmName({ name, question, given }: NamedDeed): Promise<void> {
  if (given === undefined && !canAsk()) {
    throw new RaftctlError('E_NOT_CONFIRMED', 'this needs to be confirmed, and nobody can be asked here', {
      hint: `add --confirm ${name}`,
    });
  }
  const typed = given ?? (await answerTo(`${question} (${name}): `));
  if (typed !== name) throw new RaftctlError('E_NOT_CONFIRMED', `not confirmed: "${typed}" is not ${name}`);
}

async function answerTo(question: string): Promise<string> {
  const dialogue = createInterface({ input: process.stdin, output: process.stderr });
  try {
    // Ctrl-C and Ctrl-D end the talk, and are a no like any other: readline alone throws at the one and waits for ever at the other.
    const ended = new Promise<string>((resolve) => dialogue.once('close', () => resolve('')));
    dialogue.once('SIGINT', () => dialogue.close());
    return (await Promise.race([dialogue.question(question), ended])).trim();
  } finally {
    dialogue.close();
  }
}
