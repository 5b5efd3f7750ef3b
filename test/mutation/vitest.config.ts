import { defineConfig } from 'vitest/config';
import { QuickestFirst } from './quickest-first.js';

/** The tests that `npm run mutate` asks: those of the core alone, in one process, as they run again for each change to it. */
export default defineConfig({
  test: {
    include: ['test/raft/**/*.test.ts', 'test/transcripts/**/*.test.ts'],
    exclude: [
      // These read the checkout, not what the core does.
      'test/raft/{scenarios,public-api}.test.ts',
      // These try all there is, or much by chance: too long to be asked again for each change.
      'test/raft/{malformed,random-histories,unchanged}.test.ts',
      'test/raft/{quorum/every-configuration,confchange/joint-is-simple-steps}.test.ts',
    ],
    setupFiles: ['test/mutation/one-seed.ts'],
    isolate: false,
    fileParallelism: false,
    sequence: { sequencer: QuickestFirst },
    disableConsoleIntercept: true,
    testTimeout: 60_000,
  },
});
