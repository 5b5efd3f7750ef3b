import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { LineWriter } from '../../src/cli/line-writer.js';
import {
  collectDifferences,
  differenceLine,
  diffSummary,
  type KeyDifferenceData,
  type SnapshotDiffData,
  snapshotsDiffer,
} from '../../src/cli/snapshot-diff.js';

export default class SnapshotDiff extends BaseCommand<typeof SnapshotDiff> {
  static override summary = 'compare what is in two snapshot files, key by key';
  static override description =
    'Which keys are only in the second one (+), only in the first (-), or differ (~). Both are read side by side and verified, whatever their size. One document lists the first 1000 differences and counts all; -o ndjson writes each on a line, the counts last.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> monday.snap tuesday.snap',
    '<%= config.bin %> <%= command.id %> monday.snap tuesday.snap --detailed-exitcode -q',
    '<%= config.bin %> <%= command.id %> monday.snap tuesday.snap -o ndjson | jq -r \'select(.change == "removed") | .name\'',
  ];
  static override args = {
    before: Args.string({ description: 'snapshot file', required: true }),
    after: Args.string({ description: 'snapshot file that it is compared with', required: true }),
  };
  static override flags = {
    'detailed-exitcode': Flags.boolean({ description: 'end with exit 13 where something differs' }),
  };
  static override kind = 'SnapshotDiff';

  async run(): Promise<SnapshotDiffData> {
    const { diffSnapshots } = await import('../../src/daemon/offline-snapshots.js');
    const { before, after } = this.args;
    const lines = new LineWriter();
    const lineOf = this.#lineOf;
    const data = await collectDifferences({ before, after }, diffSnapshots(before, after), async (difference) => {
      if (lineOf !== undefined) await lines.write(lineOf(difference));
    });
    if (!data.same && this.flags['detailed-exitcode']) this.answer(snapshotsDiffer(data));
    return this.format === 'ndjson' ? { ...data, differences: [] } : data;
  }

  /** What is written of each difference as soon as it is found. */
  get #lineOf(): ((difference: KeyDifferenceData) => string) | undefined {
    if (this.format === 'ndjson') return (difference) => JSON.stringify(difference);
    return this.format === 'table' || this.format === 'wide' ? differenceLine : undefined;
  }

  protected override text(data: SnapshotDiffData): string {
    return diffSummary(data);
  }

  protected override names({ differences }: SnapshotDiffData): readonly string[] {
    return differences.map(({ type, name }) => `${type}/${name}`);
  }
}
