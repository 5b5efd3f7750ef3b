import { Args, Flags } from '@oclif/core';
import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { numberFlag, requestIdFlag } from '../../src/cli/flags.js';
import { notSwapped } from '../../src/cli/kv-data.js';
import { readPayload } from '../../src/cli/payload.js';
import { type RegisterWriteData, toRegisterExpectation } from '../../src/cli/register-data.js';

export default class RegisterCas extends ClusterCommand<typeof RegisterCas> {
  static override summary = 'write the register if it is as expected';
  static override description = 'Ends with exit 10 where it is not.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> "new" --expect-version 7',
    '<%= config.bin %> <%= command.id %> "new" --expect-value "old"',
    '<%= config.bin %> <%= command.id %> @new.bin --expect-value @old.bin',
  ];
  static override args = {
    value: Args.string({ description: 'text, @FILE, or - for standard input', required: true, ignoreStdin: true }),
  };
  static override flags = {
    'expect-version': numberFlag({ description: 'only where it has this version', min: 0, helpValue: 'N' }),
    'expect-value': Flags.string({ description: 'only where it holds this: text or @FILE', helpValue: 'DATA' }),
    'request-id': requestIdFlag({ description: 'id of this write, 1 to 64 bytes: a retry is not applied twice' }),
  };
  static override kind = 'RegisterWrite';
  static override mutating = true;

  async run(): Promise<RegisterWriteData> {
    const expect = await toRegisterExpectation(this.flags);
    const value = await readPayload(this.args.value);
    const requestId = this.flags['request-id'];
    const client = await this.connect(requestId === undefined ? {} : { clientId: requestId });
    const { index, term, swapped, version } = await client.register.compareAndWrite(expect, value);
    if (!swapped) this.fail(notSwapped('the register', version));
    return { index, term, requestId: client.clientId, version, applied: swapped };
  }

  protected override text({ applied, version, index }: RegisterWriteData): string {
    return applied ? `version ${version} index ${index}` : '';
  }
}
