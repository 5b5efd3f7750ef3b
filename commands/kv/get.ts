import { Args } from '@oclif/core';
import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { consistencyFlag } from '../../src/cli/flags.js';
import { type KvValueData, noSuchKey, toKvValueData } from '../../src/cli/kv-data.js';

export default class KvGet extends ClusterCommand<typeof KvGet> {
  static override summary = 'read a key';
  static override description =
    'Prints the JSON text as it was stored, to the last digit. Ends with exit 1 where there is no such key.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> greeting',
    '<%= config.bin %> <%= command.id %> greeting --consistency local --node 2',
    "<%= config.bin %> <%= command.id %> ships/1 | jq '.crew'",
  ];
  static override args = { key: Args.string({ description: 'the key', required: true }) };
  static override flags = {
    consistency: consistencyFlag({ description: 'how fresh the value must be', default: 'quorum' }),
  };
  static override kind = 'KvValue';

  async run(): Promise<KvValueData> {
    const { key } = this.args;
    const { pair } = await (await this.connect()).kv.get(key, this.flags.consistency);
    if (pair === undefined) this.fail(noSuchKey(key));
    return toKvValueData(key, pair);
  }

  protected override text({ value }: KvValueData): string {
    return value?.text ?? '';
  }
}
