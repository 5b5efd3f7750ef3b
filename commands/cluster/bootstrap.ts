import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { bootstrapCluster } from '../../src/cli/bootstrap.js';
import { connectionFlags, memberAddressFlag, outputFlags } from '../../src/cli/flags.js';
import type { BootstrapResult } from '../../src/client/index.js';

// This command's --node names the nodes that are to be, so the one that picks the node to ask has no place here.
const { node: _, ...otherConnectionFlags } = connectionFlags;

export default class ClusterBootstrap extends BaseCommand<typeof ClusterBootstrap> {
  static override summary = 'make one cluster of fresh nodes';
  static override description =
    'Asks every node first; nothing is written anywhere unless all can take part. The same command again changes nothing, and finishes what an interrupted one left.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --node 1=127.0.0.1:7401 --node 2=127.0.0.1:7402 --node 3=127.0.0.1:7403',
    '<%= config.bin %> <%= command.id %> --node 1=10.0.0.1:7400 --name prod --cacert ca.pem',
    "<%= config.bin %> <%= command.id %> --node 1=127.0.0.1:7401 --json | jq -r '.data.clusterId'",
  ];
  static override baseFlags = { ...outputFlags, ...otherConnectionFlags };
  static override flags = {
    node: memberAddressFlag({ description: 'a voter, and where it listens', required: true }),
    learner: memberAddressFlag({ description: 'a learner, and where it listens' }),
    name: Flags.string({ description: 'name of the cluster, for people', default: '', helpValue: 'NAME' }),
    'cluster-id': Flags.string({ description: 'instead of a random one: 32 hex digits', helpValue: 'ID' }),
  };
  static override kind = 'Bootstrap';
  static override mutating = true;

  async run(): Promise<BootstrapResult> {
    const { node: voters, learner: learners = [], name, 'cluster-id': clusterId } = this.flags;
    const plan = { name, voters, learners, ...(clusterId === undefined ? {} : { clusterId }) };
    const result = await bootstrapCluster(plan, this.flags);
    this.cluster = { id: result.clusterId, name, incarnation: 1 };
    return result;
  }

  protected override text({ clusterId, changed, nodes }: BootstrapResult): string {
    const names = nodes.map((node) => node.name).join(',');
    return changed ? `cluster ${clusterId} of ${names}` : `cluster ${clusterId} of ${names}: bootstrapped so before`;
  }

  protected override names({ clusterId }: BootstrapResult): readonly string[] {
    return [`cluster/${clusterId}`];
  }
}
