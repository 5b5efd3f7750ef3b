import { Args } from '@oclif/core';
import { ClusterCommand } from '../src/cli/cluster-command.js';
import { durationFlag } from '../src/cli/flags.js';
import { parseCondition, type WaitData, waitFor, waitText } from '../src/cli/wait-conditions.js';

export default class Wait extends ClusterCommand<typeof Wait> {
  static override summary = 'wait until something is so';
  static override description =
    'Conditions: leader, healthy, tolerance=N, node=ID:ready, node=ID:caught-up, config=stable, index>=N and index>=N@all; of several, all must be met. Ends with exit 0 when they are, 8 when the time is over.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> leader --timeout 30s',
    '<%= config.bin %> <%= command.id %> node=4:caught-up healthy --timeout 5m',
    '<%= config.bin %> <%= command.id %> config=stable --timeout 0',
  ];
  static override args = {
    conditions: Args.string({ description: 'what to wait for', required: true, multiple: true }),
  };
  static override flags = {
    timeout: durationFlag({
      description: 'longest time to wait; 0 looks once',
      default: 60_000,
      defaultHelp: async () => '1m',
      helpGroup: 'CONNECTION',
    }),
  };
  static override kind = 'Wait';

  async run(): Promise<WaitData> {
    const conditions = this.args.conditions.map(parseCondition);
    const client = await this.connect({ timeoutMs: lookTimeoutMs });
    const { data, error } = await waitFor(client, conditions, this.flags.timeout, (line) => {
      if (this.verbose) this.progress(line);
    });
    if (error !== undefined) this.fail(error);
    return data;
  }

  protected override text(data: WaitData): string {
    return waitText(data);
  }
}

/** For one look at the cluster. */
const lookTimeoutMs = 10_000;
