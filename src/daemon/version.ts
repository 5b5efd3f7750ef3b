import { createRequire } from 'node:module';

/** Version of this program, from its package. */
export function programVersion(): string {
  const { version } = createRequire(import.meta.url)('raftctl/package.json') as { version: string };
  return version;
}
