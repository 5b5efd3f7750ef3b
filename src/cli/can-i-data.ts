import { RaftctlError } from '../base/errors.js';
import type { Client } from '../client/index.js';
import { renderTable, type TableOptions } from './table.js';
import { allVerbs, findVerb, type Verb } from './verbs.js';

/** One command in `data` of `auth can-i`. */
export interface VerbData {
  readonly verb: string;
  readonly allowed: boolean;
  /** The lowest role that may; null for a command that asks no node. */
  readonly needs: string | null;
}

/** `data` of `auth can-i`. */
export interface CanIData {
  readonly verbs: readonly VerbData[];
}

/** The commands that are meant: the one that is named, or all. @throws RaftctlError E_USAGE for neither, both, or no command */
export function verbsMeant(words: readonly string[], all: boolean): Verb[] {
  if ((words.length === 0) === all) return all ? allVerbs() : [findVerb(words.join(' '))];
  throw new RaftctlError('E_USAGE', 'name one command, or give --list', { hint: 'raftctl auth can-i --list' });
}

/** What a node says to each; it is asked only where a command asks one. */
export async function judgeVerbs(verbs: readonly Verb[], connect: () => Promise<Client>): Promise<CanIData> {
  const methods = new Set(verbs.flatMap(({ method }) => method ?? []));
  const answers = methods.size === 0 ? [] : await (await connect()).canI([...methods]);
  const byMethod = new Map(answers.map((answer) => [answer.method, answer]));
  return {
    verbs: verbs.map(({ verb, method }) => {
      if (method === undefined) return { verb, allowed: true, needs: null };
      const { allowed = false, needs = '' } = byMethod.get(method) ?? {};
      return { verb, allowed, needs };
    }),
  };
}

/** The error with which the command ends where the answer is no; undefined where it is yes. */
export function refusalOf({ verb, allowed, needs }: VerbData): RaftctlError | undefined {
  return allowed ? undefined : new RaftctlError('E_PERMISSION', `${verb} needs the role ${needs}`);
}

/** The answer for one command, in a line. */
export function answerText({ allowed, needs }: VerbData): string {
  if (needs === null) return 'yes: it asks no node';
  return `${allowed ? 'yes' : 'no'}: it needs ${needs}`;
}

/** The answers for all commands. */
export function permissionsText({ verbs }: CanIData, options: TableOptions): Promise<string> {
  const heads = ['VERB', 'NEEDS', 'ALLOWED'].map((head) => ({ head }));
  const rows = verbs.map(({ verb, needs, allowed }) => [verb, needs ?? '-', allowed ? 'yes' : 'no']);
  return renderTable(heads, rows, options);
}
