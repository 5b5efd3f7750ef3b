import { Flags } from '@oclif/core';
import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { consistencyFlag, numberFlag } from '../../src/cli/flags.js';
import { type KvValueData, toKvValueData } from '../../src/cli/kv-data.js';
import { renderTable } from '../../src/cli/table.js';

/** `data` of `kv list`. */
interface KvListData {
  readonly pairs: readonly KvValueData[];
  /** Whether there are keys behind the last one. */
  readonly more: boolean;
}

export default class KvList extends ClusterCommand<typeof KvList> {
  static override summary = 'list keys in their order';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --prefix ships/',
    '<%= config.bin %> <%= command.id %> --limit 100 --after ships/99',
  ];
  static override flags = {
    prefix: Flags.string({ description: 'only keys that begin so', default: '', helpValue: 'TEXT' }),
    limit: numberFlag({ description: 'at most so many', min: 1, max: 1000, default: 1000, helpValue: 'N' }),
    after: Flags.string({ description: 'only keys behind this one', default: '', helpValue: 'KEY' }),
    consistency: consistencyFlag({ description: 'how fresh the values must be', default: 'quorum' }),
  };
  static override kind = 'KvList';

  async run(): Promise<KvListData> {
    const { prefix, limit, after, consistency } = this.flags;
    const { pairs, more } = await (await this.connect()).kv.list({ prefix, limit, after, consistency });
    if (more) this.caution({ code: 'W_MORE', message: `there are more keys: --after ${pairs.at(-1)?.key}` });
    return { pairs: pairs.map((pair) => toKvValueData(pair.key, pair)), more };
  }

  protected override text({ pairs }: KvListData): Promise<string> {
    const rows = pairs.map(({ key, version, value }) => [key, String(version), value?.line ?? '']);
    return renderTable([{ head: 'KEY' }, { head: 'VERSION' }, { head: 'VALUE' }], rows, this.tableOptions);
  }

  protected override names({ pairs }: KvListData): readonly string[] {
    return pairs.map(({ key }) => `key/${key}`);
  }
}
