import { CommandHelp, Errors, Help } from '@oclif/core';
import { type HelpTopic, helpTopics } from './help-topics.js';
import { unknownCommand, writeRefusal } from './unknown-command.js';

/** Help of one command with what people look for first: the examples. */
class ExamplesFirst extends CommandHelp {
  protected override sections(): ReturnType<CommandHelp['sections']> {
    const sections = super.sections();
    const examples = sections.filter(({ header }) => header === 'EXAMPLES');
    return [...examples, ...sections.filter(({ header }) => header !== 'EXAMPLES')];
  }

  protected override defaultUsage(): string {
    const flags = Object.values(this.command.flags ?? {});
    const needed = flags.flatMap((flag) =>
      flag.required && flag.type === 'option' ? [`--${flag.name}=${flag.helpValue ?? 'VALUE'}`] : [],
    );
    const options = flags.length > needed.length ? ['[OPTIONS]'] : [];
    return [super.defaultUsage(), ...needed, ...options].join(' ').trim();
  }

  /** Without the summary, which stands above everything. */
  protected override description(): string | undefined {
    const { description } = this.command;
    return description === undefined ? undefined : this.wrap(this.render(description));
  }
}

/** The help of this program: of commands, of groups of commands, and of the topics that are no commands. */
export default class RaftctlHelp extends Help {
  protected override CommandHelpClass = ExamplesFirst;
  #kept: string[] | undefined;

  /** Help of a command, a group or a topic as text; of the program for no words. @throws RaftctlError E_USAGE where there is none of that name */
  async textOf(words: readonly string[]): Promise<string> {
    const id = words.join(':');
    if (words.length > 0 && !topicOf(words) && !this.config.findCommand(id) && !this.config.findTopic(id)) {
      throw unknownCommand(words.join(' '), this.config, Object.keys(helpTopics));
    }
    this.#kept = [];
    await this.#show([...words]);
    return this.#kept.join('\n').trimEnd();
  }

  /** What `--help` shows. An unknown command ends here, because no command is there to end it. */
  override async showHelp(argv: string[]): Promise<void> {
    try {
      await this.#show(argv);
    } catch (thrown) {
      if (!(thrown instanceof Errors.CLIError) || !thrown.message.endsWith('not found.')) throw thrown;
      const words = argv.filter((word) => !word.startsWith('-')).join(' ');
      const error = unknownCommand(words, this.config);
      await writeRefusal(error, argv);
      throw new Errors.ExitError(error.exitCode);
    }
  }

  override formatRoot(): string {
    const topics = Object.entries(helpTopics).map(([name, { summary }]): [string, string] => [name, summary]);
    const list = this.renderList(topics, { indentation: 2, spacer: '\n', stripAnsi: this.opts.stripAnsi ?? false });
    return `${super.formatRoot()}\n\n${this.section('HELP TOPICS', list)}`;
  }

  protected override log(...lines: string[]): void {
    if (this.#kept === undefined) super.log(...lines);
    else this.#kept.push(...lines);
  }

  async #show(argv: string[]): Promise<void> {
    const topic = topicOf(argv.filter((word) => !word.startsWith('-')));
    if (topic === undefined) await super.showHelp(argv);
    else this.log(topic.text());
  }
}

function topicOf([name, ...rest]: readonly string[]): HelpTopic | undefined {
  return name !== undefined && rest.length === 0 && Object.hasOwn(helpTopics, name) ? helpTopics[name] : undefined;
}
