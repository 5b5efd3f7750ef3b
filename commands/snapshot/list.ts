import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { idsArg } from '../../src/cli/flags.js';
import {
  nodesMeant,
  onEachNode,
  type SnapshotListData,
  snapshotListText,
  snapshotNames,
  snapshotsOf,
} from '../../src/cli/snapshots.js';

export default class SnapshotList extends ClusterCommand<typeof SnapshotList> {
  static override summary = 'list the snapshots that nodes hold';
  static override description =
    'With -o wide, the checksum of each file too. A file says when it was made, so files of the same index differ between nodes although the state in them is the same.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> 2',
    "<%= config.bin %> <%= command.id %> --json | jq '.data.snapshots[].index'",
  ];
  static override args = { ids: idsArg({ description: 'ids of the nodes; all where none is named', multiple: true }) };
  static override kind = 'SnapshotList';

  async run(): Promise<SnapshotListData> {
    const client = await this.connect();
    const ids = await nodesMeant(client, this.args.ids ?? []);
    const { data, error } = await onEachNode(ids, (id) => snapshotsOf(client, id));
    if (error !== undefined) this.fail(error);
    return data;
  }

  protected override text(data: SnapshotListData): Promise<string> {
    return snapshotListText(data, this.format === 'wide', this.tableOptions);
  }

  protected override names(data: SnapshotListData): readonly string[] {
    return snapshotNames(data);
  }
}
