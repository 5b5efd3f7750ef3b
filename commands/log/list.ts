import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { numberFlag } from '../../src/cli/index.js';
import { type LogEntriesData, logEntriesText, readEntries } from '../../src/cli/log-data.js';

export default class LogList extends ClusterCommand<typeof LogList> {
  static override summary = 'list entries of a log';
  static override description =
    'Of the log of --node, otherwise of the leader, or of any node where there is none. Without a range, the last ones.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --last 20',
    '<%= config.bin %> <%= command.id %> --from 100 --to 120 --node 2',
    "<%= config.bin %> <%= command.id %> --json | jq '.data.entries[].index'",
  ];
  static override flags = {
    from: numberFlag({ description: 'index of the first', min: 1, helpValue: 'INDEX' }),
    to: numberFlag({ description: 'index of the last', min: 1, helpValue: 'INDEX' }),
    last: numberFlag({ description: 'the last so many', min: 1, helpValue: 'N', exclusive: ['from', 'to'] }),
  };
  static override kind = 'LogEntries';

  async run(): Promise<LogEntriesData> {
    const { from, to, last, node } = this.flags;
    return readEntries(await this.connect(), { from, to, last }, node);
  }

  protected override text(data: LogEntriesData): Promise<string> {
    return logEntriesText(data, this.tableOptions);
  }

  protected override names({ entries }: LogEntriesData): readonly string[] {
    return entries.map(({ index }) => `entry/${index}`);
  }
}
