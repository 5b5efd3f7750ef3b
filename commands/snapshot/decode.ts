import { Args } from '@oclif/core';
import { BaseCommand } from '../../src/cli/base-command.js';
import { LineWriter } from '../../src/cli/line-writer.js';
import { stringifyWithRaw } from '../../src/cli/raw-json.js';
import { toRecordLine } from '../../src/cli/snapshot-records.js';
import { requireLines } from '../../src/cli/watch-events.js';

export default class SnapshotDecode extends BaseCommand<typeof SnapshotDecode> {
  static override summary = 'write what a snapshot file holds, one JSON document a line';
  static override description =
    'All of it in the order of the keys: those of the state machine, members, changes, sessions, and history, each with its type. Bytes that are no text are in base64. The file is verified first (exit 14), so nothing is written of a damaged one.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> prod.snap',
    `<%= config.bin %> <%= command.id %> prod.snap | jq -r 'select(.type == "kv") | [.key, .value] | @tsv'`,
    `<%= config.bin %> <%= command.id %> prod.snap | jq -r 'select(.type == "member") | .address'`,
  ];
  static override args = { file: Args.string({ description: 'snapshot file', required: true }) };
  static override kind = 'SnapshotRecord';

  async run(): Promise<void> {
    requireLines(this.format, 'records');
    const { decodeSnapshot } = await import('../../src/daemon/offline-snapshots.js');
    const lines = new LineWriter();
    for await (const record of decodeSnapshot(this.args.file)) {
      await lines.write(stringifyWithRaw(toRecordLine(record), JSON.stringify));
      if (lines.isGone) break;
    }
  }

  /** Each record is written when it is read; there is no more to say at the end. */
  protected text(): string {
    return '';
  }
}
