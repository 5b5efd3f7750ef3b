import { Args, Flags } from '@oclif/core';
import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { idFlag } from '../../src/cli/flags.js';
import {
  refuseToOverwrite,
  type SnapshotFileData,
  saveSnapshotFile,
  snapshotFileLine,
} from '../../src/cli/snapshot-saving.js';

export default class SnapshotSave extends ClusterCommand<typeof SnapshotSave> {
  static override summary = 'save a snapshot of the cluster to a file, verified';
  static override description =
    'All that was acknowledged before the call is in it. The file is there complete, verified and flushed, or not at all: good for cron by its exit code. With --stale a node answers from what it has, without a leader too.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> "prod-$(date +%F).snap"',
    '<%= config.bin %> <%= command.id %> prod.snap --overwrite --reason nightly',
    '<%= config.bin %> <%= command.id %> last.snap --from 3 --stale',
  ];
  static override args = { file: Args.string({ description: 'file to write', required: true }) };
  static override flags = {
    from: idFlag({ description: 'node to take it on; by default the leader' }),
    stale: Flags.boolean({ description: 'do not ask a quorum whether newer writes were acknowledged', default: false }),
    overwrite: Flags.boolean({ description: 'replace a file of this name', default: false }),
    reason: Flags.string({ description: 'why, for the log of the node', helpValue: 'TEXT' }),
  };
  static override kind = 'SnapshotFile';

  async run(): Promise<SnapshotFileData> {
    const { from, stale, overwrite, reason } = this.flags;
    const { file } = this.args;
    await refuseToOverwrite(file, overwrite);
    const { verifySnapshotFile } = await import('../../src/daemon/offline-snapshots.js');
    const client = await this.connect();
    const parts = await client.saveSnapshot(stale, reason ?? '', from);
    return { ...(await saveSnapshotFile(file, parts, verifySnapshotFile)), stale };
  }

  protected override text(data: SnapshotFileData): string {
    return snapshotFileLine(data, 'saved and verified');
  }

  protected override names({ path }: SnapshotFileData): readonly string[] {
    return [path];
  }
}
