import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { whoAsks } from '../../src/cli/change-flags.js';
import { canAsk, confirmName } from '../../src/cli/confirm.js';
import { idFlag, idSetFlag } from '../../src/cli/flags.js';
import { outFile, readDocumentFile, refuseExisting, writeDocumentFile } from '../../src/cli/recovery-files.js';
import { confirmedBy, recoveryPlanText } from '../../src/cli/recovery-text.js';
import { openDocument, planRecovery, type RecoveryPlan, sealDocument } from '../../src/recovery/index.js';

/** `data` of `recover plan`. */
interface RecoveryPlanData extends RecoveryPlan {
  /** Null for a dry run. */
  readonly file: string | null;
}

export default class RecoverPlan extends BaseCommand<typeof RecoverPlan> {
  static override summary = 'plan how a cluster goes on whose quorum is gone for good';
  static override description =
    'Second step: from the files of recover collect, of all nodes that are left. Says whose log goes on, what becomes committed by that, what may be lost, and who votes afterwards. Refuses (exit 9) while the nodes that are left could elect a leader themselves, and wherever a node is neither collected nor named as lost. Make one plan, and carry out that one everywhere.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> n1.json n2.json --lost 3,4,5 --dry-run',
    '<%= config.bin %> <%= command.id %> n1.json n2.json --lost 3,4,5 --out rec.json',
    '<%= config.bin %> <%= command.id %> n1.json n2.json --lost 3,4,5 --out rec.json --confirm prod --reason "fire in zone b"',
  ];
  static override args = {
    files: Args.string({ description: 'files of recover collect', required: true, multiple: true }),
  };
  static override flags = {
    lost: idSetFlag({ description: 'nodes that are gone for good: they must never start again', required: true }),
    out: Flags.string({ description: 'file to write; not needed with --dry-run', helpValue: 'FILE' }),
    base: idFlag({
      description: 'whose log goes on, instead of the furthest that has all that is known to be committed',
    }),
    voters: idSetFlag({
      description: 'who votes afterwards, instead of all that are left of the voters; the others learn',
    }),
    'from-joint': Flags.option({ options: ['incoming', 'outgoing', 'survivors'] as const })({
      description: 'where a change of the members was half way: whose voters go on (unsafe)',
    }),
    'accept-risk': Flags.string({
      description: 'id of a risk: not-latest-base',
      helpValue: 'RISK',
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
    }),
    reason: Flags.string({ description: 'why, for the history of the cluster', helpValue: 'TEXT', default: '' }),
    confirm: Flags.string({ description: 'name of the cluster, instead of typing it', helpValue: 'NAME' }),
    'dry-run': Flags.boolean({ description: 'plan and check, and write nothing' }),
  };
  static override kind = 'RecoveryPlan';
  #asked = false;

  async run(): Promise<RecoveryPlanData> {
    const { confirm: given } = this.flags;
    const out = outFile(this.flags);
    const plan = await this.#plan();
    if (out === undefined) return { ...plan, file: null };
    await refuseExisting(out);
    this.#asked = given === undefined && canAsk();
    if (this.#asked) this.progress(await recoveryPlanText(plan, out, this.style, this.tableOptions));
    await confirmName({ name: confirmedBy(plan), question: 'Type the name of the cluster to write this plan', given });
    const document = sealDocument('RecoveryPlan', plan);
    await writeDocumentFile(out, document);
    return { ...document, file: out };
  }

  protected override async text({ file, ...plan }: RecoveryPlanData): Promise<string> {
    if (this.#asked) return `written: ${file}`;
    const text = await recoveryPlanText(plan, file, this.style, this.tableOptions);
    return file === null ? `${text}\nNothing was written.` : text;
  }

  protected override names({ survivors }: RecoveryPlanData): readonly string[] {
    return survivors.map(({ id }) => `node/${id}`);
  }

  async #plan(): Promise<RecoveryPlan> {
    const { lost, base, voters, reason, 'from-joint': fromJoint, 'accept-risk': acceptedRisks = [] } = this.flags;
    const files: readonly string[] = [this.args.files].flat();
    const nodes = await Promise.all(
      files.map(async (file) => openDocument('RecoveryFacts', await readDocumentFile(file), file)),
    );
    const createdAt = new Date().toISOString();
    return planRecovery(nodes, { lost, base, voters, fromJoint, acceptedRisks, reason, createdAt, by: whoAsks() });
  }
}
