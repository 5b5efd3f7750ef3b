import { Args } from '@oclif/core';
import { BaseCommand } from '../src/cli/base-command.js';

const shells = ['bash', 'zsh', 'powershell'] as const;

/** `data` of `completion`. */
interface CompletionData {
  readonly shell: string;
  readonly written: boolean;
}

export default class Completion extends BaseCommand<typeof Completion> {
  static override summary = 'print what makes a shell complete commands and flags';
  static override description =
    'Writes the completion functions to the cache directory and prints the line that loads them, for the start-up file of your shell.';
  static override examples = [
    'eval "$(<%= config.bin %> <%= command.id %> bash)"',
    '<%= config.bin %> <%= command.id %> zsh >> ~/.zshrc',
    '<%= config.bin %> <%= command.id %> powershell',
  ];
  static override args = {
    shell: Args.option({ options: shells })({ required: true, description: 'bash, zsh or powershell' }),
  };
  static override kind = 'Completion';

  async run(): Promise<CompletionData> {
    const { shell } = this.args;
    await this.config.runCommand('autocomplete:create');
    if (this.format === 'table') await this.config.runCommand('autocomplete:script', [shell]);
    return { shell, written: true };
  }

  protected override text(): string {
    return '';
  }
}
