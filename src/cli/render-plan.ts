import { describeCuts } from '../membership/words.js';
import type { ChangeData, SafetyData, SetsData } from './change-data.js';
import { setsText } from './change-lines.js';
import type { ClusterIdentity } from './envelope.js';
import { fitSentence } from './fit-line.js';
import { escapeControl, type Style } from './style.js';
import { type Column, renderTable, type TableOptions } from './table.js';
import { counted, formatIds } from './units.js';

/** What a plan is shown with. */
export interface PlanTextOptions extends TableOptions {
  readonly style: Style;
  readonly cluster: ClusterIdentity | undefined;
}

const memberColumns: readonly Column[] = ['ID', 'NAME', 'NOW', 'AFTER', 'CHANGE'].map((head) => ({ head }));
const safetyColumns: readonly Column[] = ['SAFETY', 'QUORUM', 'LIVE', 'TOLERATES', 'STOPS WRITES IF LOST'].map(
  (head) => ({
    head,
  }),
);

/** A whole plan for people: who comes and goes, the steps, what each phase can lose, and the checks that did not come out ok. */
export async function planText(data: ChangeData, options: PlanTextOptions): Promise<string> {
  const table = { ...options, indent: '  ', width: undefined };
  const { style, cluster, width } = options;
  const blocks = [
    ['PLAN', escapeControl(data.id), cluster?.name || cluster?.id, `against config @${data.configIndexBefore}`]
      .filter(Boolean)
      .join('   '),
    await renderTable(memberColumns, memberRows(data), table),
    [
      '  STEPS',
      ...data.steps.map(({ text }, place) => fitted(`  ${place + 1}  ${escapeControl(text)}`, 5, width)),
    ].join('\n'),
    await renderTable(safetyColumns, data.safety.map(safetyRow), table),
    checksText(data, style, width),
  ];
  if (data.instead !== null) blocks.push(`  instead:  raftctl member change ${data.instead}`);
  return blocks.join('\n\n');
}

/** A line that goes on below its text where it is too long. */
function fitted(line: string, indent: number, width: number | undefined): string {
  return fitSentence(line, width, ' '.repeat(indent));
}

/** The change in one line: `{1,2,3} -> {1,3}   learners {} -> {4,5}`. */
export function changeLine({ id, from, to, phase, unchanged, configIndexAfter }: ChangeData): string {
  if (unchanged) return `nothing to change: voters ${formatIds(to.voters)}, learners ${formatIds(to.learners)}`;
  return `change ${escapeControl(id)}   ${setsText(from, to)}   ${phase} @${configIndexAfter}`;
}

function memberRows({ from, to, members }: ChangeData): string[][] {
  const ids = [...new Set([...from.voters, ...from.learners, ...to.voters, ...to.learners])].sort((a, b) => a - b);
  return ids.map((id) => {
    const [now, after] = [setName(id, from), setName(id, to)];
    const name = members.find((member) => member.id === id)?.name || `n${id}`;
    return [String(id), name, now, after, changeName(now, after)];
  });
}

function setName(id: number, { voters, learners }: SetsData): string {
  if (voters.includes(id)) return 'voter';
  return learners.includes(id) ? 'learner' : '-';
}

function changeName(now: string, after: string): string {
  if (now === after) return '';
  if (now === '-') return 'add';
  if (after === '-') return 'remove';
  return after === 'voter' ? 'promote' : 'demote';
}

function safetyRow({ phase, sets, tolerates, minimalCuts }: SafetyData): string[] {
  return [
    phase,
    sets.map(({ needed, voters }) => `${needed}/${voters.length}`).join(' and '),
    sets.map(({ live }) => String(live)).join(' and '),
    tolerates === null ? 'stopped' : String(tolerates),
    tolerates === null ? '-' : describeCuts(minimalCuts),
  ];
}

function checksText({ checks }: ChangeData, style: Style, terminalWidth: number | undefined): string {
  const count = (status: string) => checks.filter((check) => check.status === status).length;
  const [warned, failed] = [count('warn'), count('fail')];
  const summary = [`${count('ok')} ok`];
  if (warned > 0) summary.push(counted(warned, 'warning'));
  if (failed > 0) summary.push(`${failed} failed`);
  const loud = checks.filter(({ status }) => status !== 'ok');
  const width = Math.max(0, ...loud.map(({ id }) => id.length));
  const lines = loud.map(({ id, status, message }) => {
    const word = status === 'fail' ? style.red('FAIL') : style.yellow(status);
    return fitted(`  ${word}  ${id.padEnd(width)}  ${escapeControl(message)}`, 10 + width, terminalWidth);
  });
  return [`  CHECKS ${checks.length}: ${summary.join(', ')}`, ...lines].join('\n');
}
