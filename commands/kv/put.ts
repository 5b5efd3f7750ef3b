import { Args } from '@oclif/core';
import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { requestIdFlag } from '../../src/cli/flags.js';
import { type KvWriteData, kvWriteText, readKeyAndValue, toPrev } from '../../src/cli/kv-data.js';

export default class KvPut extends ClusterCommand<typeof KvPut> {
  static override summary = 'write a key';
  static override examples = [
    `<%= config.bin %> <%= command.id %> greeting '"hello"'`,
    `<%= config.bin %> <%= command.id %> ships/1 '{"name":"Kon-Tiki","crew":6}'`,
    '<%= config.bin %> <%= command.id %> settings @settings.json',
  ];
  static override args = {
    key: Args.string({ description: 'the key', required: true, ignoreStdin: true }),
    value: Args.string({ description: 'JSON, @FILE, or - for standard input', required: true, ignoreStdin: true }),
  };
  static override flags = {
    'request-id': requestIdFlag({ description: 'id of this write, 1 to 64 bytes: a retry is not applied twice' }),
  };
  static override kind = 'KvWrite';
  static override mutating = true;

  async run(): Promise<KvWriteData> {
    const { key, value } = await readKeyAndValue(this.args.key, this.args.value);
    const requestId = this.flags['request-id'];
    const client = await this.connect(requestId === undefined ? {} : { clientId: requestId });
    const { index, term, version, prev } = await client.kv.put(key, value);
    return { key, index, term, requestId: client.clientId, version, applied: true, prev: toPrev(key, prev) };
  }

  protected override text(data: KvWriteData): string {
    return kvWriteText(data);
  }

  protected override names({ key }: KvWriteData): readonly string[] {
    return [`key/${key}`];
  }
}
