import { Flags } from '@oclif/core';
import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { confirmName } from '../../src/cli/confirm.js';
import { checkRemoved, type ResetData, resetConfirmedBy, resetText } from '../../src/cli/reset-check.js';

export default class NodeReset extends ClusterCommand<typeof NodeReset> {
  static override summary = 'empty the data directory of a stopped node that was removed';
  static override description =
    'So that the machine can join again, under a new id: the old one does not start there any more, since a node that has forgotten what it voted for and acknowledged can break its cluster. Refuses (exit 9) a node that may be a member still; with --endpoints the cluster is asked. Copies the directory first, and says where to.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --data-dir data/3 --endpoints 10.0.0.1:7400',
    '<%= config.bin %> <%= command.id %> --data-dir data/3 --endpoints 10.0.0.1:7400 --confirm prod --no-backup',
    '<%= config.bin %> <%= command.id %> --data-dir data/3 --accept-risk still-member --confirm prod',
  ];
  static override flags = {
    'data-dir': Flags.string({ description: 'folder of the node’s data', helpValue: 'DIR', required: true }),
    backup: Flags.boolean({ description: 'copy the directory first', default: true, allowNo: true }),
    'backup-dir': Flags.string({
      description: 'folder for the copy [default: the one that --data-dir is in]',
      helpValue: 'DIR',
    }),
    'accept-risk': Flags.string({
      description: 'id of a risk: still-member',
      helpValue: 'RISK',
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
    }),
    confirm: Flags.string({ description: 'name of the cluster, instead of typing it', helpValue: 'NAME' }),
  };
  static override kind = 'NodeReset';
  static override mutating = true;

  async run(): Promise<ResetData> {
    const {
      'data-dir': dataDir,
      'backup-dir': folder,
      'accept-risk': accepted = [],
      backup,
      confirm,
      endpoints,
      context,
    } = this.flags;
    const isAsked = endpoints !== undefined || context !== undefined;
    const { resetNode } = await import('../../src/daemon/offline.js');
    return resetNode({
      dataDir,
      backupDir: backup ? folder : null,
      now: new Date(),
      permit: async (facts) => {
        checkRemoved(facts, isAsked ? await this.view() : undefined, accepted);
        const question = `Type the name of the cluster to empty ${dataDir} of node ${facts.nodeId}`;
        await confirmName({ name: resetConfirmedBy(facts), question, given: confirm });
      },
    });
  }

  protected override text(data: ResetData): string {
    return resetText(data);
  }

  protected override names({ nodeId }: ResetData): readonly string[] {
    return [`node/${nodeId}`];
  }
}
