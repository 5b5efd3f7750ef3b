import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { durationFlag, numberFlag, sizeFlag, wholeClusterFlags } from '../../src/cli/flags.js';
import { type HashAnswer, toVerifyData, type VerifyData, verifyError, verifyText } from '../../src/cli/verify-data.js';
import { RaftctlError } from '../../src/client/index.js';

export default class ClusterVerify extends ClusterCommand<typeof ClusterVerify> {
  static override summary = 'compare the state of all nodes behind one and the same entry';
  static override description =
    'The leader writes an entry into the log, and every node hashes behind it all that the cluster agrees on: what is stored, sessions, members, changes, history. Reads and writes go on. Ends with exit 14 where a state differs, naming the node, and 12 where a node was not compared: it is away, was restarted meanwhile, or took a snapshot instead of the entry. A state that is read slowly keeps what it was in the database file for as long, which grows by what is written meanwhile.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --rate 20MiB --wait-timeout 1h',
    "<%= config.bin %> <%= command.id %> --json | jq -r '.data.nodes[] | select(.ok == false) | .id'",
  ];
  static override baseFlags = wholeClusterFlags;
  static override flags = {
    at: numberFlag({
      description: 'compare behind this entry, which is not there yet, instead of the next one',
      min: 1,
      helpValue: 'INDEX',
    }),
    rate: sizeFlag({ description: 'what each node reads at most in a second', helpValue: 'BYTES' }),
    'wait-timeout': durationFlag({
      description: 'longest time to wait for the hashes of all nodes',
      default: 300_000,
      defaultHelp: async () => '5m',
    }),
  };
  static override kind = 'Verify';

  async run(): Promise<VerifyData> {
    const { at = 0, rate = 0, 'wait-timeout': waitMs } = this.flags;
    const view = await this.view();
    const members = view.nodes.filter(({ member }) => member !== undefined);
    const client = await this.connect();
    const { index } = await client.beginStateHash(at, rate);
    const deadlineMs = Date.now() + waitMs;
    const answers = new Map<number, HashAnswer>();
    await Promise.all(
      members.map(async ({ id }) => {
        answers.set(id, await client.awaitStateHash(id, index, deadlineMs).catch(answerInstead));
      }),
    );
    const data = toVerifyData(index, view.leader?.id, answers);
    const error = verifyError(data);
    if (error !== undefined) this.fail(error);
    return data;
  }

  protected override text(data: VerifyData): Promise<string> {
    return verifyText(data, this.tableOptions);
  }

  protected override names({ nodes }: VerifyData): readonly string[] {
    return nodes.map(({ id }) => `node/${id}`);
  }
}

/** A node that does not answer is one that is not compared. */
function answerInstead(thrown: unknown): RaftctlError {
  if (thrown instanceof RaftctlError) return thrown;
  throw thrown;
}
