import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { parseClientName } from '../../src/cli/client-name.js';
import { makeToken, type TokenData } from '../../src/cli/token-data.js';

export default class AuthToken extends BaseCommand<typeof AuthToken> {
  static override summary = 'make a token for a client, and the line by which nodes know it';
  static override description =
    'The token goes into a file that its owner alone can read, for --token-file of every command. The line that is printed goes into the file that each node names by --client-tokens; it holds a hash, from which the token cannot be had. Taking the line out of those files ends the token.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> ci --role operator --out ci.token >> tokens',
    '<%= config.bin %> <%= command.id %> grafana --role viewer --out grafana.token',
    "<%= config.bin %> <%= command.id %> ci --role operator --out ci.token --json | jq -r '.data.line' >> tokens",
  ];
  static override args = { name: Args.string({ description: 'whose it is', required: true }) };
  static override flags = {
    role: Flags.option({ options: ['viewer', 'operator', 'admin', 'breakglass'] as const, required: true })({
      description: 'what its owner may do',
    }),
    out: Flags.string({ description: 'new file for the token', helpValue: 'FILE', required: true }),
  };
  static override kind = 'Token';

  async run(): Promise<TokenData> {
    return makeToken(parseClientName(this.args.name), this.flags.role, this.flags.out);
  }

  protected override text({ line }: TokenData): string {
    return line;
  }

  protected override names({ name }: TokenData): readonly string[] {
    return [`token/${name}`];
  }
}
