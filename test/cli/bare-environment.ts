import { vi } from 'vitest';

/** Lets nothing of the machine's own settings reach a command, until `vi.unstubAllEnvs()`. */
export function bareEnvironment(): void {
  for (const name of ['RAFTCTL_CONTEXT', 'RAFTCTL_OUTPUT']) vi.stubEnv(name, undefined);
  vi.stubEnv('RAFTCTL_CONFIG', '/nowhere/config.yaml');
  vi.stubEnv('NODE_ENV', 'production');
}
