import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { confirmName } from '../../src/cli/confirm.js';
import { dataDirFlag } from '../../src/cli/data-dir-flag.js';
import { type LookedAtData, lookedAtText, toLookedAt } from '../../src/cli/offline-data.js';
import { formatBytes } from '../../src/cli/units.js';

/** `data` of `offline compact`. */
interface OfflineCompactData extends LookedAtData {
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly backup: string;
}

export default class OfflineCompact extends BaseCommand<typeof OfflineCompact> {
  static override summary = 'give back the free pages of a stopped node’s database';
  static override description =
    'A database file never becomes smaller by itself. The directory is copied first, and where to is said; the database is then written anew without its free pages, held against the old one record by record, and takes its place in one step. Refused while the node runs (exit 10).';
  static override examples = ['<%= config.bin %> <%= command.id %> --data-dir data/1 --confirm prod'];
  static override flags = {
    'data-dir': dataDirFlag,
    'backup-dir': Flags.string({
      description: 'folder for the copy [default: the one that --data-dir is in]',
      helpValue: 'DIR',
    }),
    confirm: Flags.string({ description: 'name of the cluster, instead of typing it', helpValue: 'NAME' }),
  };
  static override kind = 'OfflineCompact';
  static override mutating = true;

  async run(): Promise<OfflineCompactData> {
    const { offlineCompact } = await import('../../src/daemon/offline.js');
    const { 'data-dir': dataDir, 'backup-dir': backupDir, confirm } = this.flags;
    const { bytesBefore, bytesAfter, backup, ...looked } = await offlineCompact({
      ...{ dataDir, backupDir, now: new Date() },
      permit: async (facts) => {
        this.progress(lookedAtText(toLookedAt(facts)));
        const question = `Type the name of the cluster to compact ${dataDir}`;
        await confirmName({ name: facts.confirmedBy, question, given: confirm });
      },
    });
    return { ...toLookedAt(looked), bytesBefore, bytesAfter, backup };
  }

  protected override text({ dataDir, bytesBefore, bytesAfter, backup }: OfflineCompactData): string {
    return `compacted  ${dataDir}  ${formatBytes(bytesBefore)} -> ${formatBytes(bytesAfter)}   copy: ${backup}`;
  }

  protected override names({ nodeId }: OfflineCompactData): readonly string[] {
    return [`node/${nodeId}`];
  }
}
