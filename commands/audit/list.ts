import { Flags } from '@oclif/core';
import { type AuditData, auditText, isWanted, toAuditData } from '../../src/cli/audit-data.js';
import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { parseEventTypes, parseSince } from '../../src/cli/events-data.js';
import { numberFlag } from '../../src/cli/index.js';

/** `data` of `audit list`. */
interface AuditListData {
  readonly records: readonly AuditData[];
}

export default class AuditList extends ClusterCommand<typeof AuditList> {
  static override summary = 'show who asked for which change, from where, why, and what came of it';
  static override description =
    'As the log of the cluster remembers it, oldest first; needs no leader. Changes of the members, transfers, drains, elections paused, snapshots, bootstrap and recovery are remembered; what is written into the state machine is not, and calls that were refused for want of a role stand in the log of the node that refused them.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --since 7d',
    '<%= config.bin %> <%= command.id %> --who ops --verb member -o wide',
    '<%= config.bin %> <%= command.id %> --json | jq \'.data.records[] | select(.result != "ok")\'',
  ];
  static override flags = {
    since: Flags.string({ description: 'only so long ago, or after this sequence number', helpValue: 'DURATION|SEQ' }),
    who: Flags.string({ description: 'only what somebody of this name asked for', helpValue: 'NAME' }),
    verb: Flags.string({ description: 'only this command, or those that begin so', helpValue: 'VERB' }),
    limit: numberFlag({ description: 'the newest so many', min: 1, default: 100, helpValue: 'N' }),
  };
  static override kind = 'Audit';

  async run(): Promise<AuditListData> {
    const { since, who, verb, limit } = this.flags;
    const { seq, agoMs } = parseSince(since ?? '0');
    const client = await this.connect();
    const { events } = await client.listEvents({ since: seq, types: parseEventTypes('audit'), limit: 0 });
    const from = agoMs === undefined ? '' : new Date(Date.now() - agoMs).toISOString();
    const records = events
      .flatMap((event) => toAuditData(event) ?? [])
      .filter((record) => record.ts >= from && isWanted(record, { who, verb }));
    return { records: records.slice(-limit) };
  }

  protected override text({ records }: AuditListData): Promise<string> {
    return auditText(records, this.format === 'wide', this.tableOptions);
  }
}
