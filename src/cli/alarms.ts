import type { ClusterStatusData } from './status-data.js';
import { spaceAlarm } from './status-warnings.js';
import { renderTable, type TableOptions } from './table.js';
import { formatTime } from './units.js';

/** `data` of `alarm list`. */
export interface AlarmsData {
  readonly alarms: readonly AlarmData[];
}

/** Something that keeps a node from its work until somebody helps. */
export interface AlarmData {
  readonly alarm: 'no-space';
  readonly node: number;
  readonly name: string;
  readonly level: 'low' | 'full';
  /** By the clock of the node. */
  readonly since: string | null;
  readonly message: string;
}

/** The alarms of the nodes that answer. */
export function toAlarmsData({ nodes }: ClusterStatusData): AlarmsData {
  return {
    alarms: nodes.flatMap((node): AlarmData[] => {
      const { id, name, space, spaceSince } = node;
      const message = spaceAlarm(node);
      if (message === undefined || (space !== 'low' && space !== 'full')) return [];
      return [{ alarm: 'no-space', node: id, name, level: space, since: spaceSince, message }];
    }),
  };
}

/** A row an alarm. */
export async function alarmsText({ alarms }: AlarmsData, options: TableOptions): Promise<string> {
  if (alarms.length === 0) return 'no alarms';
  const heads = ['NODE', 'ALARM', 'LEVEL', 'SINCE', 'MESSAGE'];
  const rows = alarms.map(({ alarm, name, level, since, message }) => {
    return [name, alarm, level, since === null ? '-' : formatTime(since), message];
  });
  return renderTable(
    heads.map((head) => ({ head })),
    rows,
    options,
  );
}
