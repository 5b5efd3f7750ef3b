import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { dataDirFlag } from '../../src/cli/data-dir-flag.js';
import { type OfflineReadersData, readersText, toReaderData } from '../../src/cli/offline-data.js';

export default class OfflineReaders extends BaseCommand<typeof OfflineReaders> {
  static override summary = 'list the processes that read a database';
  static override description =
    'What a reader sees cannot be reused, so one that is gone and still listed makes the file grow. Read without opening the database: opening it, as a node and all other commands here do, clears those that are gone; --clear-stale does that and nothing else, while the node runs too. Processes of another container look as if they were gone.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --data-dir data/1',
    '<%= config.bin %> <%= command.id %> --data-dir data/1 --clear-stale',
  ];
  static override flags = {
    'data-dir': dataDirFlag,
    'clear-stale': Flags.boolean({ description: 'clear those that are gone', default: false }),
  };
  static override kind = 'OfflineReaders';

  async run(): Promise<OfflineReadersData> {
    const { offlineReaders } = await import('../../src/daemon/offline.js');
    const { dataDir, readers, cleared } = await offlineReaders(this.flags['data-dir'], this.flags['clear-stale']);
    return { dataDir, readers: readers.map(toReaderData), cleared };
  }

  protected override text(data: OfflineReadersData): Promise<string> {
    return readersText(data, this.tableOptions);
  }

  protected override names({ readers }: OfflineReadersData): readonly string[] {
    return readers.map(({ pid }) => `reader/${pid}`);
  }
}
