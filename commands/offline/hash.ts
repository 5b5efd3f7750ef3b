import { BaseCommand } from '../../src/cli/base-command.js';
import { dataDirFlag } from '../../src/cli/data-dir-flag.js';
import { type LookedAtData, lookedAtText, toLookedAt } from '../../src/cli/offline-data.js';
import { formatBytes } from '../../src/cli/units.js';

/** `data` of `offline hash`. */
interface OfflineHashData extends LookedAtData {
  /** Null on a node that belongs to no cluster. */
  readonly state: {
    readonly index: number;
    readonly hash: string;
    readonly records: number;
    readonly bytes: number;
  } | null;
}

export default class OfflineHash extends BaseCommand<typeof OfflineHash> {
  static override summary = 'hash the applied state in a data directory';
  static override description =
    'The hash that raftctl cluster verify tells of a node, behind the last entry that this one has applied: nodes that were stopped at the same index are compared by it. The node may run, but all of the state is read as of one moment: its database grows by what it writes meanwhile.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --data-dir data/1',
    "<%= config.bin %> <%= command.id %> --data-dir data/1 --json | jq -r '.data.state | [.index, .hash] | @tsv'",
  ];
  static override flags = { 'data-dir': dataDirFlag };
  static override kind = 'OfflineHash';

  async run(): Promise<OfflineHashData> {
    const { offlineHash } = await import('../../src/daemon/offline.js');
    const { state, ...looked } = await offlineHash(this.flags['data-dir']);
    return { ...toLookedAt(looked), state };
  }

  protected override text(data: OfflineHashData): string {
    const { state } = data;
    if (state === null) return `${lookedAtText(data)}\nthere is no state: the node belongs to no cluster`;
    const { index, records, bytes, hash } = state;
    return `${lookedAtText(data)}\nindex ${index}   ${records} keys, ${formatBytes(bytes)}   sha256 ${hash}`;
  }
}
