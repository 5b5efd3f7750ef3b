import { Args, Flags } from '@oclif/core';
import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { numberFlag, requestIdFlag } from '../../src/cli/flags.js';
import {
  type KvWriteData,
  kvWriteText,
  notSwapped,
  readKeyAndValue,
  toExpectation,
  toPrev,
} from '../../src/cli/kv-data.js';

export default class KvCas extends ClusterCommand<typeof KvCas> {
  static override summary = 'write a key if it is as expected';
  static override description = 'Ends with exit 10 where it is not; the answer then says what is there.';
  static override examples = [
    `<%= config.bin %> <%= command.id %> lock '"me"' --expect-absent`,
    '<%= config.bin %> <%= command.id %> counter 8 --expect-version 7',
    '<%= config.bin %> <%= command.id %> counter 8 --expect-value 7',
  ];
  static override args = {
    key: Args.string({ description: 'the key', required: true, ignoreStdin: true }),
    value: Args.string({ description: 'JSON, @FILE, or - for standard input', required: true, ignoreStdin: true }),
  };
  static override flags = {
    'expect-absent': Flags.boolean({ description: 'only where the key does not exist' }),
    'expect-version': numberFlag({ description: 'only where it has this version', min: 1, helpValue: 'N' }),
    'expect-value': Flags.string({ description: 'only where it holds this', helpValue: 'JSON' }),
    'request-id': requestIdFlag({ description: 'id of this write, 1 to 64 bytes: a retry is not applied twice' }),
  };
  static override kind = 'KvWrite';
  static override mutating = true;

  async run(): Promise<KvWriteData> {
    const expect = toExpectation(this.flags);
    const { key, value } = await readKeyAndValue(this.args.key, this.args.value);
    const requestId = this.flags['request-id'];
    const client = await this.connect(requestId === undefined ? {} : { clientId: requestId });
    const { index, term, swapped, version, prev } = await client.kv.compareAndSet(key, expect, value);
    if (!swapped) this.fail(notSwapped(`key "${key}"`, version));
    return { key, index, term, requestId: client.clientId, version, applied: swapped, prev: toPrev(key, prev) };
  }

  protected override text(data: KvWriteData): string {
    return data.applied ? kvWriteText(data) : '';
  }

  protected override names({ key, applied }: KvWriteData): readonly string[] {
    return applied ? [`key/${key}`] : [];
  }
}
