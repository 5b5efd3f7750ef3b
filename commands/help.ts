import { Args } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.js';

/** `data` of `help`. */
interface HelpData {
  /** What was asked about; empty for the whole program. */
  readonly subject: string;
  readonly text: string;
}

export default class HelpCommand extends BaseCommand<typeof HelpCommand> {
  static override summary = 'explain a command, a group of commands or a topic';
  static override description =
    'Topics beside the commands: exit-codes, options, environment, output, errors, scripting.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> member change',
    '<%= config.bin %> <%= command.id %> exit-codes',
    '<%= config.bin %> <%= command.id %> scripting',
  ];
  static override args = {
    subject: Args.string({ description: 'name of it; without one, the whole program', multiple: true }),
  };
  static override kind = 'Help';

  async run(): Promise<HelpData> {
    const words = (this.args.subject ?? []).flatMap((word) => word.split(':'));
    const { default: Help } = await import('../src/cli/help.js');
    const help = new Help(this.config, this.config.pjson.oclif?.helpOptions);
    return { subject: words.join(' '), text: await help.textOf(words) };
  }

  protected override text({ text }: HelpData): string {
    return text;
  }
}
