import { Flags } from '@oclif/core';
import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { type EventData, eventsText, parseEventTypes, parseSince, toEventData } from '../../src/cli/events-data.js';
import { numberFlag } from '../../src/cli/index.js';

/** `data` of `cluster history`. */
interface HistoryData {
  readonly events: readonly EventData[];
  /** Sequence number of the oldest event that is remembered; null where there is none. */
  readonly oldest: number | null;
}

export default class ClusterHistory extends ClusterCommand<typeof ClusterHistory> {
  static override summary = 'show what happened: elections, configurations, changes, snapshots, nodes lost and back';
  static override description =
    'As the log of the cluster remembers it, oldest first; needs no leader. Types: leader, config, change, health, snapshot, member, recovery, alarm; and audit, which is told only where it is asked for.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --since 24h',
    '<%= config.bin %> <%= command.id %> --type leader,config -o wide',
    "<%= config.bin %> <%= command.id %> --json | jq '.data.events[-1]'",
  ];
  static override flags = {
    type: Flags.string({ description: 'only of these types', helpValue: 'TYPE,…' }),
    since: Flags.string({ description: 'only so long ago, or after this sequence number', helpValue: 'DURATION|SEQ' }),
    limit: numberFlag({ description: 'the newest so many', min: 1, default: 100, helpValue: 'N' }),
  };
  static override kind = 'History';

  async run(): Promise<HistoryData> {
    const { type, limit } = this.flags;
    const { seq, agoMs } = parseSince(this.flags.since ?? '0');
    const types = type === undefined ? [] : parseEventTypes(type);
    const { events, oldest } = await (await this.connect()).listEvents({ since: seq, types, limit });
    const fromMs = agoMs === undefined ? 0 : Date.now() - agoMs;
    return { events: events.filter(({ atMs }) => atMs >= fromMs).map(toEventData), oldest: oldest || null };
  }

  protected override text({ events }: HistoryData): Promise<string> {
    return eventsText(events, this.format === 'wide', this.tableOptions);
  }
}
