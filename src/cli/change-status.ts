import { setTimeout as sleep } from 'node:timers/promises';
import { RaftctlError } from '../base/errors.js';
import type { ChangeRecord, Client, GetChangeResponse } from '../client/index.js';
import { endOf } from './change-end.js';
import { catchUpNumbers, quorumText, setsText } from './change-lines.js';
import { type ChangeRecordData, type ChangeStatusData, toChangeStatusData } from './change-record-data.js';
import { fitSentence } from './fit-line.js';
import { escapeControl } from './style.js';
import { renderTable, type TableOptions } from './table.js';
import { formatDuration } from './units.js';

/** One look at a change. */
export interface ChangeLook {
  readonly data: ChangeStatusData;
  /** With what a command ends that asked how it stands; undefined where it was carried out. */
  readonly end: RaftctlError | undefined;
}

/** Looks at a change; an empty id stands for the one that runs, or else the last one. @throws RaftctlError E_NOT_FOUND */
export async function lookAtChange(client: Client, id: string): Promise<ChangeLook> {
  const answer = await client.changes.get(id);
  const change = requireChange(answer, id);
  return {
    data: toChangeStatusData(change, answer),
    end: answer.stuck ? stuckError(change, answer) : endOf(change),
  };
}

/** A change as the cluster remembers it; an empty id stands for the one that runs, or else the last one. @throws RaftctlError E_NOT_FOUND */
export async function rememberedChange(client: Client, id: string): Promise<ChangeRecord> {
  return requireChange(await client.changes.get(id), id);
}

function requireChange({ change }: GetChangeResponse, id: string): ChangeRecord {
  if (change !== undefined) return change;
  throw new RaftctlError('E_NOT_FOUND', id === '' ? 'there was no change yet' : `no node remembers a change ${id}`);
}

/** The change waits for nodes that are not there. */
function stuckError(
  { id, abortRequested }: ChangeRecord,
  { quorums, abortObstacle, advice }: GetChangeResponse,
): RaftctlError {
  const missing = [...new Set(quorums.flatMap((set) => set.missing))].sort((a, b) => a - b);
  const whom = missing.length === 0 ? 'nodes that are not there' : missing.map((missed) => `n${missed}`).join(', ');
  return new RaftctlError('E_CHANGE_STUCK', `change ${id} is stuck: it waits for ${whom}`, {
    facts: [
      ...advice,
      ...(abortRequested || abortObstacle === '' ? [] : [`it cannot be taken back now: ${abortObstacle}`]),
    ],
  });
}

/** A change for people: what it is, how far it is, who has acknowledged what, what helps. */
export function changeStatusText(data: ChangeStatusData, now: Date, width: number | undefined): string {
  const { id, text, abortRequested, fromLeader, advice, canAbort, abortObstacle, result } = data;
  const running = result === 'running';
  const lines = [
    `change ${id === '' ? '-' : escapeControl(id)}   ${standing(data, now)}`,
    `  ${setsText(data.from, data.to)}   against config @${data.configIndexBefore}`,
    `  ${asked(data)}`,
  ];
  if (text !== '') lines.push(`  ${escapeControl(text)}`);
  if (abortRequested && running) lines.push(`  to be taken back${because(data.abortReason)}`);
  lines.push(...data.quorums.map((set) => `  ${quorumText(set)}`));
  lines.push(...data.catchUp.map((node) => `  n${node.id}  ${node.state}  ${catchUpNumbers(node)}`));
  if (running && !fromLeader) lines.push('  no leader answers: who has acknowledged what is not known');
  lines.push(...advice.map((sentence) => `  do: ${escapeControl(sentence)}`));
  if (running && !canAbort && !abortRequested && abortObstacle !== null)
    lines.push(`  cannot be taken back now: ${escapeControl(abortObstacle)}`);
  return lines.map((line) => fitSentence(line, width, '      ')).join('\n');
}

/** Changes as a table, newest first. */
export function changeListText(
  changes: readonly ChangeRecordData[],
  now: Date,
  wide: boolean,
  options: TableOptions,
): Promise<string> {
  const heads = ['ID', 'STARTED', 'BY', 'FROM', 'TO', 'PHASE', 'AGE', 'RESULT'];
  const columns = [...heads, ...(wide ? ['REASON', 'CONFIG-INDEX'] : [])].map((head) =>
    head === 'BY' || head === 'PHASE' ? { head, optional: true as const } : { head },
  );
  const rows = changes.map((change) => [
    change.id,
    change.startedAt.slice(0, 16).replace('T', ' '),
    change.by ?? '-',
    shortSets(change.from),
    shortSets(change.to),
    change.phase,
    age(change.startedAt, now),
    change.result,
    ...(wide ? [change.reason ?? '-', change.configIndexAfter === null ? '-' : `@${change.configIndexAfter}`] : []),
  ]);
  return renderTable(columns, rows, options);
}

function shortSets({ voters, learners }: ChangeRecordData['from']): string {
  return `${voters.join(',')}${learners.length === 0 ? '' : ` +${learners.join(',')}`}`;
}

function standing(
  { result, phase, stuck, stillMs, startedAt, endedAt, configIndexAfter }: ChangeStatusData,
  now: Date,
) {
  if (result === 'running') {
    const since = `${phase} for ${age(startedAt, now)}`;
    return stuck ? `${since}: stuck, nothing moved for ${formatDuration(stillMs)}` : since;
  }
  const at = configIndexAfter === null ? '' : ` @${configIndexAfter}`;
  const took = endedAt === null ? '' : ` after ${formatDuration(Date.parse(endedAt) - Date.parse(startedAt))}`;
  return `${result}${at}${took}`;
}

function asked({ by, reason, startedAt }: ChangeRecordData): string {
  return `asked for ${startedAt.replace(/\.\d+Z$/, 'Z')} by ${escapeControl(by ?? 'somebody')}${because(reason)}`;
}

function because(reason: string | null): string {
  return reason === null ? '' : `: ${escapeControl(reason)}`;
}

function age(startedAt: string, now: Date): string {
  return formatDuration(Math.max(0, now.getTime() - Date.parse(startedAt)));
}

/** How long a look may be old: no node tells of a change without a leader. */
const lookAgainMs = 500;

/** Looks at a change again and again, until it has ended. Where no node answers for a moment it goes on looking. */
export async function* looks(client: Client, id: string): AsyncGenerator<ChangeLook> {
  for (;;) {
    try {
      const look = await lookAtChange(client, id);
      yield look;
      if (look.data.endedAt !== null) return;
    } catch (thrown) {
      if (!(thrown instanceof RaftctlError) || !thrown.retryable) throw thrown;
    }
    await sleep(lookAgainMs);
  }
}
