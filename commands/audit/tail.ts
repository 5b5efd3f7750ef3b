import { Flags } from '@oclif/core';
import { isWanted, toAuditData } from '../../src/cli/audit-data.js';
import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { parseEventTypes } from '../../src/cli/events-data.js';
import { numberFlag, wholeClusterFlags } from '../../src/cli/flags.js';
import { readerGone } from '../../src/cli/reader-gone.js';
import { requireLines } from '../../src/cli/watch-events.js';

export default class AuditTail extends ClusterCommand<typeof AuditTail> {
  static override summary = 'tell who asks for which change as it happens, one JSON document a line';
  static override description =
    'Goes on until Ctrl-C, at another node when the one that tells it dies. With --since, first what was asked for after a sequence number: who keeps the last seq that it has seen misses nothing. --since 0 tells all that is remembered.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --since 48210 --verb member',
    "<%= config.bin %> <%= command.id %> --since 0 | jq -c '[.ts, .who, .verb, .result]'",
  ];
  static override baseFlags = wholeClusterFlags;
  static override flags = {
    since: numberFlag({ description: 'first what came after this sequence number', min: 0, helpValue: 'SEQ' }),
    who: Flags.string({ description: 'only what somebody of this name asks for', helpValue: 'NAME' }),
    verb: Flags.string({ description: 'only this command, or those that begin so', helpValue: 'VERB' }),
  };
  static override kind = 'AuditRecord';

  async run(): Promise<void> {
    requireLines(this.format);
    const { since, who, verb } = this.flags;
    const client = await this.connect();
    const onMove = (address: string, { message }: Error) => this.progress(`${message}; going on at ${address}`);
    const options = { types: parseEventTypes('audit'), onMove, ...(since === undefined ? {} : { since }) };
    for await (const event of client.watchEvents(options, readerGone())) {
      const record = toAuditData(event);
      if (record !== undefined && isWanted(record, { who, verb })) process.stdout.write(`${JSON.stringify(record)}\n`);
    }
  }

  /** Each record is written when it comes; there is no more to say at the end. */
  protected text(): string {
    return '';
  }
}
