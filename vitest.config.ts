import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const shared = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
  disableConsoleIntercept: true,
  pool: 'forks' as const,
  maxWorkers: 2,
  // Stories run real clocks, and some real processes. Who fails twice in a row has failed; who fails once is named by the runner, and is to be
  // looked at: `--retry 0` is how to look for races.
  retry: 1,
};

/** Tests in one process first; then those that start real nodes, which want the machine for themselves. */
export default defineConfig({
  test: {
    // Of the core by the tests of its own room and the transcripts: it has no I/O, so nothing in it is out of their reach.
    coverage: {
      provider: 'v8',
      include: ['src/raft/**'],
      reporter: ['text'],
      thresholds: { lines: 98, branches: 95 },
    },
    projects: [
      {
        // The examples import the package by its name; tested is what stands here, not what was built last.
        resolve: { alias: { 'raftctl/raft': fileURLToPath(new URL('src/raft/index.ts', import.meta.url)) } },
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/end-to-end/**', 'test/maelstrom/**', 'test/torture/**'],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'end-to-end',
          include: ['test/{end-to-end,maelstrom,torture}/**/*.test.ts'],
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
