import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { fileSha256, type SnapshotFileData, snapshotFileLine } from '../../src/cli/snapshot-saving.js';

export default class SnapshotVerify extends BaseCommand<typeof SnapshotVerify> {
  static override summary = 'verify snapshot files, from the first byte to the last';
  static override description =
    'Every frame, the order of the records and the trailer are compared with their checksums. Ends with exit 14 at the first file that is damaged or cut short; asks no node.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> prod.snap',
    '<%= config.bin %> <%= command.id %> prod-*.snap -q',
    '<%= config.bin %> <%= command.id %> prod.snap --json',
  ];
  static override args = { files: Args.string({ description: 'snapshot files', required: true, multiple: true }) };
  static override kind = 'SnapshotFileList';

  async run(): Promise<{ readonly files: readonly SnapshotFileData[] }> {
    const { verifySnapshotFile } = await import('../../src/daemon/offline-snapshots.js');
    const files: SnapshotFileData[] = [];
    for (const path of this.args.files) {
      const { info } = await verifySnapshotFile(path);
      const { index, term, bytes } = info;
      files.push({ path, index, term, bytes, sha256: await fileSha256(path), verified: true, stale: null });
    }
    return { files };
  }

  protected override text({ files }: { readonly files: readonly SnapshotFileData[] }): string {
    return files.map((file) => snapshotFileLine(file, 'verified')).join('\n');
  }

  protected override names({ files }: { readonly files: readonly SnapshotFileData[] }): readonly string[] {
    return files.map(({ path }) => path);
  }
}
