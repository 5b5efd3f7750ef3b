import { BaseCommand } from '../../src/cli/base-command.js';
import { dataDirFlag } from '../../src/cli/data-dir-flag.js';
import { numberFlag } from '../../src/cli/index.js';
import { type OfflineEntriesData, offlineEntriesText, toOfflineEntries } from '../../src/cli/offline-data.js';

/** Entries that are shown where nothing says which. */
const lastDefault = 50;

export default class OfflineEntries extends BaseCommand<typeof OfflineEntries> {
  static override summary = 'list entries of the log in a data directory';
  static override description =
    'Each is verified against the one before it (exit 14). Without a range, the last ones. The node may run: what is read is never held long, so that its database does not grow by it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --data-dir data/1 --last 20',
    '<%= config.bin %> <%= command.id %> --data-dir data/1 --from 100 --to 120',
  ];
  static override flags = {
    'data-dir': dataDirFlag,
    from: numberFlag({ description: 'index of the first', min: 1, helpValue: 'INDEX' }),
    to: numberFlag({ description: 'index of the last', min: 1, helpValue: 'INDEX' }),
    last: numberFlag({ description: 'the last so many', min: 1, helpValue: 'N', exclusive: ['from', 'to'] }),
  };
  static override kind = 'OfflineEntries';

  async run(): Promise<OfflineEntriesData> {
    const { offlineEntries } = await import('../../src/daemon/offline.js');
    const { from, to, last, 'data-dir': dataDir } = this.flags;
    const tail = last ?? (from === undefined && to === undefined ? lastDefault : undefined);
    return toOfflineEntries(await offlineEntries(dataDir, { from, to, last: tail }));
  }

  protected override text(data: OfflineEntriesData): Promise<string> {
    return offlineEntriesText(data, this.tableOptions);
  }

  protected override names({ entries }: OfflineEntriesData): readonly string[] {
    return entries.map(({ index }) => `entry/${index}`);
  }
}
