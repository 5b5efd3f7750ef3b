import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { dataDirFlag } from '../../src/cli/data-dir-flag.js';
import { type LookedAtData, lookedAtText, toLookedAt } from '../../src/cli/offline-data.js';

/** `data` of `offline copy`. */
interface OfflineCopyData extends LookedAtData {
  readonly to: string;
}

export default class OfflineCopy extends BaseCommand<typeof OfflineCopy> {
  static override summary = 'copy a data directory, and verify the copy';
  static override description =
    'The database is copied as of one moment, so the node may run; it grows by what is written meanwhile. The copy is read from the first record to the last before it has its name. It is for looking at and for putting back, never for a second node: a node that goes on from an old copy has forgotten what it promised. For a backup of the cluster see raftctl snapshot save.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --data-dir data/1 --out n1-copy',
    '<%= config.bin %> <%= command.id %> --data-dir data/1 --out n1-copy --compact',
  ];
  static override flags = {
    'data-dir': dataDirFlag,
    out: Flags.string({ description: 'folder to write, which is not there yet', helpValue: 'DIR', required: true }),
    compact: Flags.boolean({ description: 'leave free pages out', default: false }),
  };
  static override kind = 'OfflineCopy';

  async run(): Promise<OfflineCopyData> {
    const { offlineCopy } = await import('../../src/daemon/offline.js');
    const { 'data-dir': dataDir, out, compact } = this.flags;
    const { to, ...looked } = await offlineCopy(dataDir, out, compact);
    return { ...toLookedAt(looked), to };
  }

  protected override text(data: OfflineCopyData): string {
    return `${lookedAtText(data)}\ncopied and verified  ${data.to}`;
  }

  protected override names({ to }: OfflineCopyData): readonly string[] {
    return [to];
  }
}
