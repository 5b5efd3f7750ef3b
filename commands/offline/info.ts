import { BaseCommand } from '../../src/cli/base-command.js';
import { dataDirFlag } from '../../src/cli/data-dir-flag.js';
import { type OfflineInfoData, offlineInfoText, toOfflineInfo } from '../../src/cli/offline-data.js';

export default class OfflineInfo extends BaseCommand<typeof OfflineInfo> {
  static override summary = 'show what a data directory says of its node';
  static override description =
    'Whose it is, of which cluster and incarnation, its term and vote, log, configuration and members, and who reads its database. Looks, and changes nothing; the node may run. A directory on a network file system is refused.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --data-dir data/1',
    "<%= config.bin %> <%= command.id %> --data-dir data/1 --json | jq '.data.hardState'",
  ];
  static override flags = { 'data-dir': dataDirFlag };
  static override kind = 'OfflineInfo';

  async run(): Promise<OfflineInfoData> {
    const { offlineInfo } = await import('../../src/daemon/offline.js');
    return toOfflineInfo(await offlineInfo(this.flags['data-dir']));
  }

  protected override text(data: OfflineInfoData): Promise<string> {
    return offlineInfoText(data, this.tableOptions);
  }

  protected override names({ nodeId }: OfflineInfoData): readonly string[] {
    return [`node/${nodeId}`];
  }
}
