import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { confirmName } from '../../src/cli/confirm.js';
import { type RecoveredData, recoveredText, stepText } from '../../src/cli/recovered-text.js';
import { readDocumentFile } from '../../src/cli/recovery-files.js';
import { confirmedBy } from '../../src/cli/recovery-text.js';
import { openDocument } from '../../src/recovery/index.js';

export default class RecoverApply extends BaseCommand<typeof RecoverApply> {
  static override summary = 'carry a recovery plan out on one stopped node';
  static override description =
    'Third step: on every node that the plan names, the base first, all of them stopped. Copies the data directory first, and says where to. On the base it also writes the snapshot from which the others are rebuilt: copy that file to each of them and name it with --snapshot. A run that was interrupted is finished by the same command; a node does not start in between. Lifts a drain and a pause of elections, which would keep the node from leading. Once it was carried out, the same command changes nothing.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> rec.json --data-dir data/1 --confirm prod',
    '<%= config.bin %> <%= command.id %> rec.json --data-dir data/2 --snapshot 1.recovery-5f0a1c22e3b7.snap --confirm prod',
  ];
  static override args = { plan: Args.string({ description: 'file of recover plan', required: true }) };
  static override flags = {
    'data-dir': Flags.string({ description: 'folder of the node’s data', helpValue: 'DIR', required: true }),
    snapshot: Flags.string({
      description: 'on every node but the base: the file written on the base',
      helpValue: 'FILE',
    }),
    'backup-dir': Flags.string({
      description: 'folder for the copy, and on the base for the snapshot [default: the one that --data-dir is in]',
      helpValue: 'DIR',
    }),
    'state-machine': Flags.string({
      description: 'on the base: the module that the node is started with, where it is neither kv nor register',
      helpValue: 'MODULE',
    }),
    confirm: Flags.string({ description: 'name of the cluster, instead of typing it', helpValue: 'NAME' }),
  };
  static override kind = 'RecoveryApply';
  static override mutating = true;

  async run(): Promise<RecoveredData> {
    const {
      'data-dir': dataDir,
      'backup-dir': backupDir,
      'state-machine': stateMachine,
      snapshot,
      confirm,
    } = this.flags;
    const { plan: file } = this.args;
    const plan = openDocument('RecoveryPlan', await readDocumentFile(file), file);
    await confirmName({
      name: confirmedBy(plan),
      question: `Type the name of the cluster to carry ${file} out on ${dataDir}`,
      given: confirm,
    });
    const { applyRecovery } = await import('../../src/daemon/offline.js');
    const node = await applyRecovery(plan, {
      ...{ dataDir, backupDir, stateMachine, snapshot, planId: plan.sha256 },
      onStep: (step) => this.progress(`  ${stepText[step]}`),
    });
    this.cluster = { id: plan.clusterId, name: plan.clusterName, incarnation: node.incarnation };
    const others = plan.survivors.filter(({ id }) => id !== node.id && id !== plan.base).map(({ id }) => id);
    return { ...node, others };
  }

  protected override text(data: RecoveredData): string {
    return recoveredText(data, this.args.plan);
  }

  protected override names({ id }: RecoveredData): readonly string[] {
    return [`node/${id}`];
  }
}
