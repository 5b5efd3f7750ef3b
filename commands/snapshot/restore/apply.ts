import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../../src/cli/base-command.js';
import { confirmName } from '../../../src/cli/confirm.js';
import { dataDirFlag } from '../../../src/cli/data-dir-flag.js';
import { idFlag } from '../../../src/cli/flags.js';
import { readDocumentFile } from '../../../src/cli/recovery-files.js';
import { confirmedBy } from '../../../src/cli/recovery-text.js';
import { type RestoredData, restoredText, restoreStepText } from '../../../src/cli/restore-text.js';
import { openDocument } from '../../../src/recovery/index.js';

export default class SnapshotRestoreApply extends BaseCommand<typeof SnapshotRestoreApply> {
  static override summary = 'carry a restore plan out on one stopped node';
  static override description =
    'Second step: on every node that the plan names, all of them stopped, with the snapshot file at hand. The data directory is empty, or that of the node itself, which is copied first; anything else is refused (exit 9). All that can fail is done before anything is replaced. A run that was interrupted is finished by the same command; a node does not start in between. Once it was carried out, the same command changes nothing. Then start the nodes as ever.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> restore.json --snapshot prod.snap --data-dir data/1 --confirm prod',
    '<%= config.bin %> <%= command.id %> restore.json --snapshot prod.snap --data-dir new/3 --id 3 --confirm prod',
  ];
  static override args = { plan: Args.string({ description: 'file of snapshot restore plan', required: true }) };
  static override flags = {
    'data-dir': dataDirFlag,
    snapshot: Flags.string({ description: 'the snapshot file that the plan is of', helpValue: 'FILE', required: true }),
    id: idFlag({ description: 'which node of the plan this is; needed where the directory is empty' }),
    'backup-dir': Flags.string({
      description: 'folder for the copy [default: the one that --data-dir is in]',
      helpValue: 'DIR',
    }),
    confirm: Flags.string({ description: 'name of the cluster, instead of typing it', helpValue: 'NAME' }),
  };
  static override kind = 'RestoreApply';
  static override mutating = true;

  async run(): Promise<RestoredData> {
    const { 'data-dir': dataDir, 'backup-dir': backupDir, snapshot: file, id: nodeId, confirm } = this.flags;
    const { plan: planFile } = this.args;
    const plan = openDocument('RestorePlan', await readDocumentFile(planFile), planFile);
    await confirmName({
      name: confirmedBy(plan),
      question: `Type the name of the cluster to carry ${planFile} out on ${dataDir}`,
      given: confirm,
    });
    const { applyRestore } = await import('../../../src/daemon/offline.js');
    const node = await applyRestore(plan, {
      ...{ dataDir, backupDir, file, nodeId, planId: plan.sha256 },
      onStep: (step) => this.progress(`  ${restoreStepText[step]}`),
    });
    this.cluster = { id: plan.clusterId, name: plan.clusterName, incarnation: node.incarnation };
    return { ...node, others: plan.members.map(({ id }) => id).filter((id) => id !== node.id) };
  }

  protected override text(data: RestoredData): string {
    return restoredText(data, this.args.plan);
  }

  protected override names({ id }: RestoredData): readonly string[] {
    return [`node/${id}`];
  }
}
