import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { idArg, wholeClusterFlags } from '../../src/cli/flags.js';
import { type ReadyData, readyError, toReadyData } from '../../src/cli/node-settings-data.js';
import type { NodeStatus } from '../../src/client/index.js';

export default class NodeReady extends ClusterCommand<typeof NodeReady> {
  static override summary = 'say by the exit code whether a node is up to serve';
  static override description =
    'For probes: exit 0 where the node is a member, knows a leader, is not drained and has applied what it has; 5 where not; 3 where it does not answer. Without an id the node at the first endpoint is asked, whoever it is.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> -e 127.0.0.1:7400 -q',
    '<%= config.bin %> <%= command.id %> 3',
    "<%= config.bin %> <%= command.id %> 3 --json | jq '.data.reasons'",
  ];
  static override baseFlags = wholeClusterFlags;
  static override args = { id: idArg({ description: 'id of the node' }) };
  static override kind = 'Ready';

  async run(): Promise<ReadyData> {
    const data = toReadyData(await this.#status());
    const error = readyError(data);
    if (error !== undefined) this.fail(error);
    return data;
  }

  async #status(): Promise<NodeStatus> {
    const { id } = this.args;
    if (id !== undefined) return this.ownView(id);
    const client = await this.connect();
    const [first = ''] = this.flags.endpoints ?? this.context?.endpoints ?? [];
    return client.identify(first);
  }

  protected override text({ id, ready }: ReadyData): string {
    return ready ? `node ${id} is ready` : '';
  }
}
