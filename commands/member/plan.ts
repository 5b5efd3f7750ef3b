import { Flags } from '@oclif/core';
import type { ChangeData } from '../../src/cli/change-data.js';
import { planFlags, toRequest } from '../../src/cli/change-flags.js';
import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { makePlan, planError } from '../../src/cli/make-plan.js';
import { writePlanFile } from '../../src/cli/plan-file.js';
import { plannedTarget, targetFlags } from '../../src/cli/planned-target.js';
import { promotionFlags, spareFlag } from '../../src/cli/promotion-flags.js';
import { planText } from '../../src/cli/render-plan.js';

export default class MemberPlan extends ClusterCommand<typeof MemberPlan> {
  static override summary = 'plan a change of the members, and write the plan down';
  static override description =
    'The server plans and checks; nothing is changed. A plan written with --out is carried out by raftctl member apply: just that plan, and only while the configuration is still the one that it was made for.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --voters 1,3,4 --out plan.json',
    '<%= config.bin %> <%= command.id %> --replace 3 --with 10.0.0.6:7400 --out p.json',
    '<%= config.bin %> <%= command.id %> --remove 2 --detailed-exitcode',
  ];
  static override flags = {
    ...targetFlags,
    ...planFlags,
    ...promotionFlags,
    ...spareFlag,
    out: Flags.string({ description: 'where to write the plan', helpValue: 'FILE', helpGroup: 'CHANGE' }),
    'detailed-exitcode': Flags.boolean({
      description: 'end with exit 13 where the plan would change something',
      helpGroup: 'CHANGE',
    }),
  };
  static override kind = 'Plan';

  async run(): Promise<ChangeData> {
    const client = await this.connect();
    const target = await plannedTarget(client, this.flags, (line) => this.progress(line));
    const request = toRequest(target, this.flags, true);
    const { data, file } = await makePlan(client, request);
    const error = planError(data, this.flags['detailed-exitcode']);
    if (error?.code === 'E_REFUSED') this.fail(error);
    else if (error !== undefined) this.answer(error);
    const { out } = this.flags;
    if (out !== undefined && error?.code !== 'E_REFUSED') {
      await writePlanFile(out, file);
      this.progress(`written to ${out}. Carry it out with: raftctl member apply ${out}`);
    }
    return data;
  }

  protected override async text(data: ChangeData): Promise<string> {
    if (data.unchanged) return 'nothing to change';
    const plan = await planText(data, { ...this.tableOptions, style: this.style, cluster: this.cluster });
    return `${plan}\nA plan: nothing was changed.`;
  }

  protected override names({ id }: ChangeData): readonly string[] {
    return [`change/${id}`];
  }
}
