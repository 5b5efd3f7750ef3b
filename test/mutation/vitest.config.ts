import { defineConfig } from 'vitest/config';

/** The tests that `npm run mutate` asks: those of the core alone, in one process, as they run again for each change to it. */
export default defineConfig({
  test: {
    include: ['test/raft/**/*.test.ts', 'test/transcripts/**/*.test.ts'],
    // These read the checkout, not what the core does.
    exclude: ['test/raft/{scenarios,public-api}.test.ts'],
    setupFiles: ['test/mutation/one-seed.ts'],
    isolate: false,
    fileParallelism: false,
    disableConsoleIntercept: true,
  },
});
