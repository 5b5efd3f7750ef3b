import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { consistencyFlag } from '../../src/cli/flags.js';
import { type RegisterValueData, toRegisterValueData } from '../../src/cli/register-data.js';
import { escapeControl } from '../../src/cli/style.js';

export default class RegisterRead extends ClusterCommand<typeof RegisterRead> {
  static override summary = 'read the register';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --consistency local --node 2',
    "<%= config.bin %> <%= command.id %> --json | jq -r '.data.version'",
  ];
  static override flags = { consistency: consistencyFlag({ description: 'how fresh it must be', default: 'quorum' }) };
  static override kind = 'RegisterValue';

  async run(): Promise<RegisterValueData> {
    const { value } = await (await this.connect()).register.read(this.flags.consistency);
    return toRegisterValueData(value);
  }

  protected override text({ value }: RegisterValueData): string {
    return process.stdout.isTTY ? escapeControl(value) : value;
  }
}
