import { Args } from '@oclif/core';
import { ClusterCommand } from '../../src/cli/cluster-command.js';
import {
  checkRecovery,
  type RecoveryVerifyData,
  recoveryCheckText,
  recoveryError,
} from '../../src/cli/recovery-check.js';
import { readDocumentFile } from '../../src/cli/recovery-files.js';
import { openDocument } from '../../src/recovery/index.js';

export default class RecoverVerify extends ClusterCommand<typeof RecoverVerify> {
  static override summary = 'look whether a recovered cluster is as it was planned';
  static override description =
    'Last step, with the nodes running again: asks each of them, and writes nothing. Where no endpoints are given, the addresses of the plan are asked. Ends with exit 0 where all is as planned, 5 where it is not.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> rec.json',
    '<%= config.bin %> <%= command.id %> rec.json --endpoints 10.0.0.1:7400',
    "<%= config.bin %> <%= command.id %> rec.json --json | jq '.data.checks[] | select(.ok | not)'",
  ];
  static override args = { plan: Args.string({ description: 'file of recover plan', required: true }) };
  static override kind = 'RecoveryVerify';

  async run(): Promise<RecoveryVerifyData> {
    const { plan: file } = this.args;
    const plan = openDocument('RecoveryPlan', await readDocumentFile(file), file);
    if (this.flags.endpoints === undefined && this.flags.context === undefined) {
      this.values = { ...this.values, endpoints: plan.survivors.map(({ address }) => address) };
    }
    const data = checkRecovery(plan, await this.view());
    const error = recoveryError(data);
    if (error !== undefined) this.fail(error);
    return data;
  }

  protected override text(data: RecoveryVerifyData): Promise<string> {
    return recoveryCheckText(data, this.style, this.tableOptions);
  }
}
