import { Args } from '@oclif/core';
import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { requestIdFlag } from '../../src/cli/flags.js';
import { type KvWriteData, kvWriteText, noSuchKey, toPrev } from '../../src/cli/kv-data.js';

export default class KvDelete extends ClusterCommand<typeof KvDelete> {
  static override summary = 'delete a key';
  static override description = 'Ends with exit 1 where there is no such key.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> greeting',
    '<%= config.bin %> <%= command.id %> ships/1 --json',
    '<%= config.bin %> <%= command.id %> ships/1 --request-id job-42',
  ];
  static override args = { key: Args.string({ description: 'the key', required: true }) };
  static override flags = {
    'request-id': requestIdFlag({ description: 'id of this deletion, 1 to 64 bytes: a retry is not applied twice' }),
  };
  static override kind = 'KvWrite';
  static override mutating = true;

  async run(): Promise<KvWriteData> {
    const { key } = this.args;
    const requestId = this.flags['request-id'];
    const client = await this.connect(requestId === undefined ? {} : { clientId: requestId });
    const { index, term, deleted, prev } = await client.kv.delete(key);
    if (!deleted) this.fail(noSuchKey(key));
    return { key, index, term, requestId: client.clientId, version: 0, applied: deleted, prev: toPrev(key, prev) };
  }

  protected override text(data: KvWriteData): string {
    return data.applied ? kvWriteText(data) : '';
  }
}
