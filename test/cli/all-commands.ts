import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command, Config } from '@oclif/core';

/** A command as it can be run in this process. */
export type CommandClass = typeof Command & { run(argv: string[], config: Config): Promise<unknown> };

/** Every command there is, by its id as `kv:put`. */
export async function allCommands(): Promise<ReadonlyMap<string, CommandClass>> {
  const folder = fileURLToPath(new URL('../../commands', import.meta.url));
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /(?<!\.d)\.[jt]s$/.test(file),
  );
  const commands = new Map<string, CommandClass>();
  for (const file of files.sort()) {
    const path = join(folder, file);
    const { default: command } = (await import(path)) as { default: CommandClass };
    commands.set(
      relative(folder, path)
        .replace(/\.[jt]s$/, '')
        .replaceAll(sep, ':'),
      command,
    );
  }
  return commands;
}
