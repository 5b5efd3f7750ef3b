import type { HistoryEvent } from '../client/index.js';
import { type Column, renderTable, type TableOptions } from './table.js';
import { formatTime } from './units.js';

/** One record of the audit trail. */
export interface AuditData {
  /** The same on all nodes: `audit tail --since` goes on after it anywhere. */
  readonly seq: number;
  readonly ts: string;
  readonly who: string;
  readonly role: string | null;
  /** The URI of a certificate, or whose token it was. */
  readonly identity: string | null;
  readonly from: string;
  /** The command that asks for it. */
  readonly verb: string;
  readonly target: string;
  /** ok, or an error code. */
  readonly result: string;
  readonly reason: string | null;
  readonly requestId: string | null;
  /** The node that was asked; null for what was done on stopped nodes. */
  readonly node: number | null;
}

/** What is wanted of the trail. */
export interface AuditFilter {
  readonly who: string | undefined;
  readonly verb: string | undefined;
}

/** A record as data; undefined for an event of another type. */
export function toAuditData({ seq, atMs, by, cause, node, reason, audit }: HistoryEvent): AuditData | undefined {
  if (audit === undefined) return undefined;
  const { role, identity, from, target, result, requestId } = audit;
  return {
    seq,
    ts: new Date(atMs).toISOString(),
    who: by,
    role: role || null,
    identity: identity || null,
    from,
    verb: cause,
    target,
    result,
    reason: reason || null,
    requestId: requestId || null,
    node: node || null,
  };
}

/** Whether a record is wanted: by a name, and by a command or the first words of one. */
export function isWanted({ who, verb }: AuditData, wanted: AuditFilter): boolean {
  const isVerb = wanted.verb === undefined || verb === wanted.verb || verb.startsWith(`${wanted.verb} `);
  return isVerb && (wanted.who === undefined || who === wanted.who);
}

const columns: readonly Column[] = ['TIME', 'WHO', 'FROM', 'VERB', 'TARGET', 'RESULT'].map((head) => ({ head }));
const wideColumns: readonly Column[] = [...columns, ...['REASON', 'REQUEST-ID', 'IDENTITY'].map((head) => ({ head }))];

/** Records as a table, oldest first. */
export function auditText(records: readonly AuditData[], wide: boolean, options: TableOptions): Promise<string> {
  const rows = records.map(({ ts, who, from, verb, target, result, reason, requestId, identity }) => {
    const row = [formatTime(ts), who, from, verb, target, result];
    return wide ? [...row, reason ?? '-', requestId ?? '-', identity ?? '-'] : row;
  });
  return renderTable(wide ? wideColumns : columns, rows, options);
}
