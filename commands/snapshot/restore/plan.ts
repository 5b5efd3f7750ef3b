import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../../src/cli/base-command.js';
import { whoAsks } from '../../../src/cli/change-flags.js';
import { canAsk, confirmName } from '../../../src/cli/confirm.js';
import { memberAddressFlag, numberFlag } from '../../../src/cli/flags.js';
import { outFile, refuseExisting, writeDocumentFile } from '../../../src/cli/recovery-files.js';
import { confirmedBy } from '../../../src/cli/recovery-text.js';
import { restorePlanText } from '../../../src/cli/restore-text.js';
import { planRestore, type RestorePlan, sealDocument } from '../../../src/recovery/index.js';

/** `data` of `snapshot restore plan`. */
interface RestorePlanData extends RestorePlan {
  /** Null for a dry run. */
  readonly file: string | null;
}

export default class SnapshotRestorePlan extends BaseCommand<typeof SnapshotRestorePlan> {
  static override summary = 'plan how a cluster is made anew from a snapshot file';
  static override description =
    'First step: once, in one place. The cluster goes back to what it was when the snapshot was taken, in a later incarnation: nodes of before and of after refuse each other. Members are those of the snapshot unless --node names others. A cluster that was recovered or restored since the snapshot was taken is of a later incarnation than the file says: raftctl cluster info or raftctl offline info tells, and --latest-incarnation says so here. Make one plan, and carry out that one everywhere.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> prod.snap --dry-run',
    '<%= config.bin %> <%= command.id %> prod.snap --out restore.json --reason "bad deploy"',
    '<%= config.bin %> <%= command.id %> prod.snap --node 1=10.0.1.1:7400 --node 2=10.0.1.2:7400 --node 3=10.0.1.3:7400 --out restore.json --confirm prod',
  ];
  static override args = { snapshot: Args.string({ description: 'snapshot file', required: true }) };
  static override flags = {
    out: Flags.string({ description: 'file to write; not needed with --dry-run', helpValue: 'FILE' }),
    node: memberAddressFlag({
      description: 'a voter afterwards, and where it listens; instead of the snapshot’s members',
    }),
    learner: memberAddressFlag({ description: 'a learner afterwards, and where it listens' }),
    'latest-incarnation': numberFlag({
      description: 'the latest incarnation that the cluster was ever of, where that is later than the snapshot’s',
      min: 1,
      helpValue: 'N',
    }),
    reason: Flags.string({ description: 'why, for the history of the cluster', helpValue: 'TEXT', default: '' }),
    confirm: Flags.string({ description: 'name of the cluster, instead of typing it', helpValue: 'NAME' }),
    'dry-run': Flags.boolean({ description: 'plan and check, and write nothing' }),
  };
  static override kind = 'RestorePlan';
  #asked = false;

  async run(): Promise<RestorePlanData> {
    const { readRestorable, restoredSha256 } = await import('../../../src/daemon/offline-snapshots.js');
    const {
      node: voters,
      learner: learners,
      reason,
      confirm: given,
      'latest-incarnation': latestIncarnation,
    } = this.flags;
    const { snapshot } = this.args;
    const out = outFile(this.flags);
    const wish = { voters, learners, latestIncarnation, reason, by: whoAsks(), createdAt: new Date().toISOString() };
    const plan = planRestore(await readRestorable(snapshot), wish);
    if (out === undefined) return { ...plan, file: null };
    await refuseExisting(out);
    this.#asked = given === undefined && canAsk();
    if (this.#asked) this.progress(await restorePlanText(plan, out, this.style, this.tableOptions));
    await confirmName({ name: confirmedBy(plan), question: 'Type the name of the cluster to write this plan', given });
    const resultSha256 = await restoredSha256(snapshot, plan);
    const document = sealDocument('RestorePlan', { ...plan, resultSha256 });
    await writeDocumentFile(out, document);
    return { ...document, file: out };
  }

  protected override async text({ file, ...plan }: RestorePlanData): Promise<string> {
    if (this.#asked) return `written: ${file}`;
    const text = await restorePlanText(plan, file, this.style, this.tableOptions);
    return file === null ? `${text}\nNothing was written.` : text;
  }

  protected override names({ members }: RestorePlanData): readonly string[] {
    return members.map(({ id }) => `node/${id}`);
  }
}
