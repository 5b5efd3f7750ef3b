import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Asks the quick tests first: the first that fails ends the run, and most mutants fail many. */
export class QuickestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { cache, config } = this.ctx;
    const durationMs = ({ moduleId }: TestSpecification) =>
      cache.getFileTestResults(`:${relative(config.root, moduleId)}`)?.duration ?? Number.MAX_VALUE;
    return files.toSorted((left, right) => durationMs(left) - durationMs(right));
  }
}
