import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { escapeControl } from '../../src/cli/style.js';

/** `data` of `leader show`. */
interface LeaderData {
  readonly id: number;
  readonly name: string;
  readonly address: string;
  readonly term: number;
  readonly leaderForMs: number;
}

export default class LeaderShow extends ClusterCommand<typeof LeaderShow> {
  static override summary = 'show who leads';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -o name',
    "<%= config.bin %> <%= command.id %> --json | jq '.data.id'",
  ];
  static override kind = 'Leader';

  async run(): Promise<LeaderData> {
    const { leader, status } = await (await this.connect()).leader();
    this.source = { node: leader.id, consistency: 'local', term: leader.term };
    this.cluster = { id: status.clusterId, name: status.clusterName, incarnation: status.incarnation };
    const { id, name, address, leaderForMs } = status;
    return { id, name, address, term: leader.term, leaderForMs };
  }

  protected override text({ name, term, address }: LeaderData): string {
    return `leader ${escapeControl(name)} term ${term} at ${address}`;
  }

  protected override names({ id }: LeaderData): readonly string[] {
    return [`member/${id}`];
  }
}
