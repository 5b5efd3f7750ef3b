import { Args, Flags } from '@oclif/core';
import { ClusterCommand } from '../src/cli/cluster-command.js';
import { numberFlag, requestIdFlag } from '../src/cli/flags.js';
import { payloadsOf } from '../src/cli/payload.js';
import { type ProposalData, proposalText, toProposalData } from '../src/cli/proposal-data.js';
import { proposeMany } from '../src/cli/propose-many.js';

export default class Propose extends ClusterCommand<typeof Propose> {
  static override summary = 'append an entry to the log, and wait until it is applied';
  static override examples = [
    '<%= config.bin %> <%= command.id %> "hello"',
    '<%= config.bin %> <%= command.id %> @payload.bin --request-id job-42',
    '<%= config.bin %> <%= command.id %> --batch proposals.ndjson',
  ];
  static override args = {
    data: Args.string({ description: 'text, @FILE, or - for standard input', ignoreStdin: true }),
  };
  static override flags = {
    'request-id': requestIdFlag({
      description: 'id of this proposal, 1 to 64 bytes: a retry with the same one is not applied twice',
    }),
    count: numberFlag({ description: 'propose it so often', default: 1, min: 1, max: 1_000_000, helpValue: 'N' }),
    batch: Flags.string({
      description: 'propose each line of a file of JSON lines, or of standard input',
      helpValue: 'FILE|-',
    }),
    noop: Flags.boolean({ description: 'propose an entry without data, that does nothing' }),
  };
  static override kind = 'Proposal';
  static override mutating = true;

  async run(): Promise<ProposalData> {
    const { 'request-id': requestId, count, batch, noop } = this.flags;
    const items = await payloadsOf({ data: this.args.data, batch, noop, count });
    const client = await this.connect(requestId === undefined ? {} : { clientId: requestId });
    if (this.verbose) this.progress(`request ${client.clientId}`);
    if (items.single !== undefined) {
      const { kind, payload } = items.single;
      return toProposalData(await client.propose(kind, payload), client.clientId);
    }
    const { data, error } = await proposeMany(client, items.many);
    if (error !== undefined) this.fail(error);
    return data;
  }

  protected override text(data: ProposalData): string {
    return proposalText(data);
  }

  protected override names({ index }: ProposalData): readonly string[] {
    return [`entry/${index}`];
  }
}
