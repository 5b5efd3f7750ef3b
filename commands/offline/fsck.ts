import { BaseCommand } from '../../src/cli/base-command.js';
import { dataDirFlag } from '../../src/cli/data-dir-flag.js';
import { checkError, checkText, type OfflineCheckData, toLookedAt } from '../../src/cli/offline-data.js';

export default class OfflineFsck extends BaseCommand<typeof OfflineFsck> {
  static override summary = 'read all of a data directory, and name what is damaged';
  static override description =
    'Every entry of the log with the chain of checksums, every record of the state, every snapshot file, settings and notes. Goes on behind what is damaged, and ends with exit 14 then. Mends nothing. The node may run.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --data-dir data/1',
    "<%= config.bin %> <%= command.id %> --data-dir data/1 --json | jq -r '.data.damaged[]'",
  ];
  static override flags = { 'data-dir': dataDirFlag };
  static override kind = 'OfflineCheck';

  async run(): Promise<OfflineCheckData> {
    const { offlineCheck } = await import('../../src/daemon/offline.js');
    const { entries, stateRecords, snapshotFiles, damaged, damagedCount, ...looked } = await offlineCheck(
      this.flags['data-dir'],
    );
    const data = { ...toLookedAt(looked), entries, stateRecords, snapshotFiles, damaged, damagedCount };
    const error = checkError(data);
    if (error !== undefined) this.fail(error);
    return data;
  }

  protected override text(data: OfflineCheckData): string {
    return checkText(data);
  }
}
