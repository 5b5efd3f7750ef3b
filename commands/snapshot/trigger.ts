import { Flags } from '@oclif/core';
import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { idsArg, numberFlag } from '../../src/cli/flags.js';
import {
  nodesMeant,
  onEachNode,
  type SnapshotListData,
  snapshotListText,
  snapshotNames,
  takeSnapshot,
} from '../../src/cli/snapshots.js';

export default class SnapshotTrigger extends ClusterCommand<typeof SnapshotTrigger> {
  static override summary = 'take a snapshot, and compact the log behind it';
  static override description =
    'On the nodes that are named, on all with --all, otherwise on the leader. Ends with exit 12 where some did it and others not. With -o wide, the checksum of each file too, which differs between nodes because a file says when it was made.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --all',
    '<%= config.bin %> <%= command.id %> 2 3',
    '<%= config.bin %> <%= command.id %> --all --keep-entries 1000',
  ];
  static override args = { ids: idsArg({ description: 'ids of the nodes', multiple: true }) };
  static override flags = {
    all: Flags.boolean({ description: 'on every member' }),
    'keep-entries': numberFlag({
      description:
        'entries to keep in the log behind the snapshot; what reachable members still need is kept in any case',
      default: 0,
      min: 0,
      helpValue: 'N',
    }),
  };
  static override kind = 'SnapshotList';
  static override mutating = true;

  async run(): Promise<SnapshotListData> {
    const client = await this.connect();
    const named = this.args.ids ?? [];
    const leaderAlone = named.length === 0 && !this.flags.all;
    const ids = leaderAlone ? [(await client.leader()).leader.id] : await nodesMeant(client, named);
    const { data, error } = await onEachNode(ids, (id) => takeSnapshot(client, id, this.flags['keep-entries']));
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
