import { Args } from '@oclif/core';
import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { requestIdFlag } from '../../src/cli/flags.js';
import { readPayload } from '../../src/cli/payload.js';
import type { RegisterWriteData } from '../../src/cli/register-data.js';

export default class RegisterWrite extends ClusterCommand<typeof RegisterWrite> {
  static override summary = 'write the register';
  static override examples = [
    '<%= config.bin %> <%= command.id %> "hello"',
    '<%= config.bin %> <%= command.id %> @state.bin',
    'date | <%= config.bin %> <%= command.id %> -',
  ];
  static override args = {
    value: Args.string({ description: 'text, @FILE, or - for standard input', required: true, ignoreStdin: true }),
  };
  static override flags = {
    'request-id': requestIdFlag({ description: 'id of this write, 1 to 64 bytes: a retry is not applied twice' }),
  };
  static override kind = 'RegisterWrite';
  static override mutating = true;

  async run(): Promise<RegisterWriteData> {
    const value = await readPayload(this.args.value);
    const requestId = this.flags['request-id'];
    const client = await this.connect(requestId === undefined ? {} : { clientId: requestId });
    const { index, term, version } = await client.register.write(value);
    return { index, term, requestId: client.clientId, version, applied: true };
  }

  protected override text({ version, index }: RegisterWriteData): string {
    return `version ${version} index ${index}`;
  }
}
