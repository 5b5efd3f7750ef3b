import { fileURLToPath } from 'node:url';
import { type Command, Config } from '@oclif/core';
import type { Envelope } from '../../src/cli/index.js';

/** What a command left behind. */
export interface CommandRun {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** A folder without a command manifest: what a build has left there says nothing of the classes under test. */
const root = fileURLToPath(new URL('.', import.meta.url));
let config: Config | undefined;

/** The configuration of the program without its commands and plugins: a test brings the class it runs. */
export async function bareConfig(): Promise<Config> {
  config ??= await Config.load({
    root,
    pjson: { name: 'raftctl', version: '0.0.0', oclif: { bin: 'raftctl', topicSeparator: ' ', plugins: [] } },
  });
  return config;
}

/** Runs one command class in this process, with what it writes and its exit code taken aside. */
export async function runCommand(
  command: typeof Command & { run(argv: string[], config: Config): Promise<unknown> },
  id: string,
  argv: readonly string[],
): Promise<CommandRun> {
  command.id = id;
  const written = { stdout: '', stderr: '' };
  const restore = (['stdout', 'stderr'] as const).map((name) => {
    const stream = process[name];
    const { write } = stream;
    stream.write = (chunk: string | Uint8Array) => {
      written[name] += chunk;
      return true;
    };
    return () => {
      stream.write = write;
    };
  });
  const exitCodeBefore = process.exitCode;
  process.exitCode = undefined;
  try {
    await command.run([...argv], await bareConfig());
    return { ...written, exitCode: Number(process.exitCode ?? 0) };
  } finally {
    process.exitCode = exitCodeBefore;
    for (const put of restore) put();
  }
}

/** The one document on stdout. Throws where there is none, or more than one. */
export function documentOf({ stdout }: CommandRun): Envelope {
  return JSON.parse(stdout) as Envelope;
}
