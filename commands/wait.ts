import { Args } from '@oclif/core';
import { ClusterCommand } from '../src/cli/cluster-command.js';
import { durationFlag, wholeClusterFlags } from '../src/cli/flags.js';
import { parseCondition } from '../src/cli/wait-conditions.js';
import { type WaitData, waitFor, waitText } from '../src/cli/wait-for.js';

export default class Wait extends ClusterCommand<typeof Wait> {
  static override summary = 'wait until something is so';
  static override description =
    'Conditions: leader, healthy, tolerance=N, config=stable, change=ID, version=X, node=ID:ready, node=ID:caught-up, node=ID:reachable, index>=N and index>=N@all; of several, all must be met at once. Ends with exit 0 when they are, 8 when the time is over, 5 when one cannot be met any more, such as change=ID of a change that was aborted.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> leader --timeout 30s',
    '<%= config.bin %> <%= command.id %> node=4:caught-up healthy --timeout 5m',
    '<%= config.bin %> <%= command.id %> config=stable --timeout 0',
  ];
  static override args = {
    conditions: Args.string({ description: 'what to wait for', required: true, multiple: true }),
  };
  static override baseFlags = wholeClusterFlags;
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
