import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { idsArg, numberFlag } from '../../src/cli/flags.js';
import { type AnswerData, answerError, answerText, okToRemove } from '../../src/cli/member-answers.js';

export default class MemberOkToRemove extends ClusterCommand<typeof MemberOkToRemove> {
  static override summary = 'ask whether members may be taken out: exit 0 for yes, 5 for no';
  static override description =
    'The server plans the change and checks it; nothing is changed. What it costs, such as the last margin, is a warning, also on stderr; --require-tolerance makes it a no. Silent with -q.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 2',
    '<%= config.bin %> <%= command.id %> 2 4 --require-tolerance 1',
    '<%= config.bin %> <%= command.id %> 2 -q && <%= config.bin %> member remove 2',
  ];
  static override args = { ids: idsArg({ description: 'ids of the members', required: true, multiple: true }) };
  static override flags = {
    'require-tolerance': numberFlag({
      description: 'voters that must be allowed to fail, in every phase of it',
      min: 0,
      default: 0,
      helpValue: 'N',
    }),
  };
  static override kind = 'OkToRemove';

  async run(): Promise<AnswerData> {
    const { answer, warnings } = await okToRemove(await this.connect(), this.args.ids, this.flags['require-tolerance']);
    for (const warning of warnings) this.caution(warning);
    const error = answerError(answer);
    if (error !== undefined) this.answer(error);
    return answer;
  }

  protected override text(data: AnswerData): string {
    return answerText(data);
  }
}
