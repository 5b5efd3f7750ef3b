import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { numberFlag } from '../../src/cli/index.js';
import { inspectionText, type SnapshotInspectionData, toInspectionData } from '../../src/cli/snapshot-inspection.js';
import { fileSha256 } from '../../src/cli/snapshot-saving.js';

export default class SnapshotInspect extends BaseCommand<typeof SnapshotInspect> {
  static override summary = 'show what a snapshot file is of, and what is in it';
  static override description =
    'Cluster, incarnation, configuration, index, term and time, and how many keys there are of which type, with their bytes. Keys of the hash table are told apart by what stands before their slashes. The whole file is verified on the way (exit 14); no node is asked.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> prod.snap',
    '<%= config.bin %> <%= command.id %> prod.snap --depth 2',
    "<%= config.bin %> <%= command.id %> prod.snap --json | jq '.data.groups[] | select(.bytes > 1000000)'",
  ];
  static override args = { file: Args.string({ description: 'snapshot file', required: true }) };
  static override flags = {
    depth: numberFlag({
      description: 'parts of a key, parted by slashes, by which keys are told apart',
      helpValue: 'N',
      min: 0,
      max: 16,
      default: 1,
    }),
  };
  static override kind = 'SnapshotInspection';

  async run(): Promise<SnapshotInspectionData> {
    const { inspectSnapshot } = await import('../../src/daemon/offline-snapshots.js');
    const { file } = this.args;
    const inspected = await inspectSnapshot(file, this.flags.depth);
    return toInspectionData(file, await fileSha256(file), inspected);
  }

  protected override text(data: SnapshotInspectionData): Promise<string> {
    return inspectionText(data, this.tableOptions);
  }

  protected override names({ id }: SnapshotInspectionData): readonly string[] {
    return [`snapshot/${id}`];
  }
}
