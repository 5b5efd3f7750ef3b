import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { factsText } from '../../src/cli/facts-text.js';
import { wholeClusterFlags } from '../../src/cli/flags.js';

/** `data` of `cluster info`. */
interface ClusterInfo {
  readonly id: string;
  readonly name: string;
  readonly incarnation: number;
  readonly stateMachine: string | null;
  readonly configIndex: number;
  readonly electionTimeoutMs: number | null;
  readonly heartbeatIntervalMs: number | null;
  readonly nodes: readonly { readonly id: number; readonly name: string; readonly version: string | null }[];
}

export default class ClusterInfoCommand extends ClusterCommand<typeof ClusterInfoCommand> {
  static override summary = 'show which cluster this is, and what runs on it';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    "<%= config.bin %> <%= command.id %> --json | jq -r '.data.id'",
    '<%= config.bin %> <%= command.id %> --endpoints 127.0.0.1:7401',
  ];
  static override baseFlags = wholeClusterFlags;
  static override kind = 'ClusterInfo';

  async run(): Promise<ClusterInfo> {
    const view = await this.view();
    const status = view.leader ?? view.nodes.find((node) => node.status !== undefined)?.status;
    return {
      id: view.clusterId,
      name: view.name,
      incarnation: view.incarnation,
      stateMachine: status?.stateMachine ?? null,
      configIndex: view.configIndex,
      electionTimeoutMs: status?.electionTimeoutMs ?? null,
      heartbeatIntervalMs: status?.heartbeatIntervalMs ?? null,
      nodes: view.nodes.map(({ id, name, status: own }) => ({ id, name, version: own?.version ?? null })),
    };
  }

  protected override text(data: ClusterInfo): string {
    return factsText([
      ['CLUSTER', `${data.name}  ${data.id}`.trim()],
      ['INCARNATION', String(data.incarnation)],
      ['MACHINE', data.stateMachine ?? '?'],
      ['CONFIG', `@${data.configIndex}`],
      ['TIMING', `election ${data.electionTimeoutMs ?? '?'}ms   heartbeat ${data.heartbeatIntervalMs ?? '?'}ms`],
      ['NODES', data.nodes.map(({ name, version }) => `${name} ${version ?? '?'}`).join('   ')],
    ]);
  }

  protected override names({ id }: ClusterInfo): readonly string[] {
    return [`cluster/${id}`];
  }
}
