import { ending, startBinary } from './binary.js';
import type { Envelope } from './documents.js';

/** What a command left behind. */
export interface CommandResult<Data> {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
  /** The one document on stdout of a command with `--json`. Throws where there is none, or more than one. */
  readonly json: Envelope<Data>;
  /** `data` of a document that must say `ok`. */
  readonly data: Data;
}

/** No command may hang: each ends by itself well before this. */
const commandMsMax = 50_000;

/** Runs one command to its end. */
export async function raftctl<Data>(
  args: readonly string[],
  home: string,
  input?: string,
): Promise<CommandResult<Data>> {
  const child = startBinary(args, home, input);
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), commandMsMax);
  const { exitCode, signal } = await ending(child);
  clearTimeout(limit);
  const told = `raftctl ${args.join(' ')}\nexit ${exitCode ?? signal}\n${stdout}${stderr}`;
  if (exitCode === null) throw new Error(`ended by ${signal}, or did not end within ${commandMsMax} ms: ${told}`);
  return {
    stdout,
    stderr,
    exitCode,
    get json() {
      return parseDocument<Data>(stdout, told);
    },
    get data() {
      const document = parseDocument<Data>(stdout, told);
      if (!document.ok || document.data === null) throw new Error(`not ok: ${told}`);
      return document.data;
    },
  };
}

function parseDocument<Data>(stdout: string, told: string): Envelope<Data> {
  try {
    return JSON.parse(stdout) as Envelope<Data>;
  } catch (error) {
    throw new Error(`not one JSON document: ${told}`, { cause: error });
  }
}
