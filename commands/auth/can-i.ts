import { Args, Flags } from '@oclif/core';
import {
  answerText,
  type CanIData,
  judgeVerbs,
  permissionsText,
  refusalOf,
  type VerbData,
  verbsMeant,
} from '../../src/cli/can-i-data.js';
import { ClusterCommand } from '../../src/cli/cluster-command.js';

export default class AuthCanI extends ClusterCommand<typeof AuthCanI> {
  static override summary = 'say whether you may run a command: yes (exit 0) or no (exit 4)';
  static override description =
    'The node that answers says so, by the role that you have there; nothing is run. With --list all commands are shown, and the exit is 0. A plan that changes nothing, such as member plan, needs what the change needs.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> member change',
    '<%= config.bin %> <%= command.id %> --list',
    '<%= config.bin %> <%= command.id %> kv put -q && <%= config.bin %> kv put colour \'"green"\'',
  ];
  static override strict = false;
  static override args = { verb: Args.string({ description: 'a command, as member change' }) };
  static override flags = { list: Flags.boolean({ description: 'all commands' }) };
  static override kind = 'CanI';

  async run(): Promise<CanIData> {
    const words = this.raw.flatMap((token) => (token.type === 'arg' ? [token.input] : []));
    const data = await judgeVerbs(verbsMeant(words, this.flags.list === true), () => this.connect());
    const only = this.#only(data);
    const refusal = only && refusalOf(only);
    if (refusal !== undefined) this.answer(refusal);
    return data;
  }

  protected override text(data: CanIData): string | Promise<string> {
    const only = this.#only(data);
    return only === undefined ? permissionsText(data, this.tableOptions) : answerText(only);
  }

  protected override names({ verbs }: CanIData): readonly string[] {
    return verbs.filter(({ allowed }) => allowed).map(({ verb }) => `verb/${verb}`);
  }

  /** The one command that was asked for. */
  #only({ verbs }: CanIData): VerbData | undefined {
    return this.flags.list ? undefined : verbs[0];
  }
}
