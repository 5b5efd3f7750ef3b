import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { numberArg } from '../../src/cli/flags.js';
import { type AnswerData, answerError, answerText, okToAdd } from '../../src/cli/member-answers.js';

export default class MemberOkToAdd extends ClusterCommand<typeof MemberOkToAdd> {
  static override summary = 'ask whether voters may be added: exit 0 for yes, 5 for no';
  static override description =
    'No where writes would stop if none of them ever started, or where this is not the moment. Silent with -q.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> 2',
    '<%= config.bin %> <%= command.id %> 2 --json | jq .data.tolerates',
  ];
  static override args = {
    count: numberArg({ description: 'how many', min: 1, max: 64, default: 1 }),
  };
  static override kind = 'OkToAdd';

  async run(): Promise<AnswerData> {
    const answer = okToAdd(await this.view(), this.args.count);
    const error = answerError(answer);
    if (error !== undefined) this.answer(error);
    return answer;
  }

  protected override text(data: AnswerData): string {
    return answerText(data);
  }
}
