import { Flags } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { writeDocumentFile } from '../../src/cli/recovery-files.js';
import { type CollectedData, collectedText } from '../../src/cli/recovery-text.js';
import { sealDocument } from '../../src/recovery/index.js';

export default class RecoverCollect extends BaseCommand<typeof RecoverCollect> {
  static override summary = 'write down what a stopped node has on its disk';
  static override description =
    'First step of the way out when a quorum is gone for good: on every node that is left, with the node stopped. All of its log and state is read and verified; nothing in its directory is changed. A node that runs is refused (exit 10), damage ends it (exit 14), and no file is written then.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --data-dir data/1 --out n1.json',
    "<%= config.bin %> <%= command.id %> --data-dir data/1 --out n1.json --json | jq '.data.log.last'",
  ];
  static override flags = {
    'data-dir': Flags.string({ description: 'folder of the node’s data', helpValue: 'DIR', required: true }),
    out: Flags.string({ description: 'file to write', helpValue: 'FILE', required: true }),
  };
  static override kind = 'RecoveryFacts';

  async run(): Promise<CollectedData> {
    const { collectNode } = await import('../../src/daemon/offline.js');
    const { out: file, 'data-dir': dataDir } = this.flags;
    const node = await collectNode(dataDir, new Date());
    const document = sealDocument('RecoveryFacts', node);
    await writeDocumentFile(file, document);
    return { ...document, file };
  }

  protected override text(data: CollectedData): string {
    return collectedText(data);
  }

  protected override names({ nodeId }: CollectedData): readonly string[] {
    return [`node/${nodeId}`];
  }
}
