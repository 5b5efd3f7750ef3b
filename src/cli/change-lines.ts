import { type CatchUpView, type ChangeProgress, currentPhase, phasesAhead, type SeenPhase } from './change-progress.js';
import { escapeControl } from './style.js';
import { formatBytes, formatDuration, formatIds } from './units.js';

/** Where the lines of a change are to be shown. */
export interface LinesOptions {
  /** Characters of a line. */
  readonly width: number;
  /** Whether the terminal knows more than ASCII. */
  readonly unicode: boolean;
}

/** How far a node has come; what is unknown is left out. */
export interface CatchUpNumbers {
  readonly lag: number;
  readonly rate?: number | null | undefined;
  readonly etaMs?: number | null | undefined;
  readonly snapshotBytesSent?: number | null | undefined;
  readonly snapshotBytesTotal?: number | null | undefined;
  readonly rounds?: number | null | undefined;
  readonly ready?: boolean | null | undefined;
}

/** Time without progress that is worth a word. */
const quietMs = 10_000;
const labelWidth = 14;
const barWidth = 16;

const signs = {
  unicode: { past: '✔', now: '▸', ahead: '·', waits: '!', full: '█', empty: '░' },
  ascii: { past: '+', now: '>', ahead: '.', waits: '!', full: '#', empty: '-' },
} as const;

/** What people read for a phase; where it is left out, the phase's own word, with spaces. */
const labels: Readonly<Record<string, string>> = {
  planned: 'preflight',
  'adding-learners': 'add learners',
  'catching-up': 'catch up',
  'handing-over': 'hand over',
  'entering-joint': 'enter joint',
  changing: 'change',
  'leaving-joint': 'leave joint',
  verifying: 'verify',
  aborting: 'take back',
};

/** A change as a block of lines: what is past, what happens now, what is ahead. None is longer than the terminal is wide. */
export function changeBlock(progress: ChangeProgress, nowMs: number, options: LinesOptions): string[] {
  const sign = options.unicode ? signs.unicode : signs.ascii;
  const current = currentPhase(progress);
  const lines = [headLine(progress, nowMs, options.width)];
  for (const seen of progress.seen) {
    const isOver = seen !== current || isEnd(seen.phase);
    const took = formatDuration((seen.endMs ?? (isOver ? seen.startMs : nowMs)) - seen.startMs);
    const mark = seen.phase === 'failed' ? sign.waits : isOver ? sign.past : sign.now;
    lines.push(row(mark, seen, isEnd(seen.phase) ? '' : took, options.width));
    if (seen !== current || isOver) continue;
    lines.push(...progress.catchUp.map((node) => indented(catchUpText(node, progress, options.unicode))));
    lines.push(...progress.quorums.map((set) => indented(quorumText(set))));
    if (progress.obstacle !== undefined) {
      lines.push(row(sign.waits, { phase: 'stuck', text: progress.obstacle }, '', options.width));
    }
  }
  if (current === undefined || !isEnd(current.phase)) {
    lines.push(...phasesAhead(progress).map((step) => row(sign.ahead, step, '', options.width)));
    lines.push(`Ctrl-C detaches. Re-attach: raftctl member change watch ${escapeControl(progress.id)}`);
  }
  return lines.map((line) => cut(line, options.width));
}

/** One line for a phase that has begun. */
export function phaseLine(phase: string, text: string): string {
  return `  ${phase.padEnd(phaseWidth)}  ${escapeControl(text)}`.trimEnd();
}

/** How it stands, for those who see no block: who is how far behind, who has not acknowledged, since when nothing moved. */
export function heartbeatLine(progress: ChangeProgress, nowMs: number): string {
  const parts = progress.catchUp.map((node) => `${nameOf(node.id, progress)} ${catchUpNumbers(node)}`);
  parts.push(...progress.quorums.map(quorumText));
  if (progress.obstacle !== undefined) parts.push(progress.obstacle);
  const stillMs = nowMs - progress.movedMs;
  if (stillMs >= quietMs) parts.push(`no progress for ${formatDuration(stillMs)}`);
  return phaseLine(currentPhase(progress)?.phase ?? 'planned', parts.join('; ') || 'goes on');
}

/** `{1,2,3} -> {1,3,4}   learners {} -> {5}`. */
export function setsText(from: ChangeProgress['from'], to: ChangeProgress['to']): string {
  const braces = (ids: readonly number[] = []) => `{${ids.join(',')}}`;
  const voters = `${braces(from?.voters)} -> ${braces(to?.voters)}`;
  return `${voters}   learners ${braces(from?.learners)} -> ${braces(to?.learners)}`;
}

/** `in   {1,3,4}  needs 2  acknowledged 1  missing 3,4`. */
export function quorumText({ set, voters, needed, acked, missing }: ChangeProgress['quorums'][number]): string {
  const names: Readonly<Record<string, string>> = { incoming: 'in', outgoing: 'out' };
  const gone = missing.length === 0 ? '' : `  missing ${formatIds(missing)}`;
  return `${(names[set] ?? '').padEnd(3)}  {${voters.join(',')}}  needs ${needed}  acknowledged ${formatIds(acked)}${gone}`.trim();
}

const phaseWidth = 15;

function isEnd(phase: string): boolean {
  return phase === 'done' || phase === 'failed' || phase === 'aborted';
}

function headLine(progress: ChangeProgress, nowMs: number, width: number): string {
  const { id, from, to, startMs } = progress;
  const sets = from === undefined ? '' : `   ${setsText(from, to)}`;
  return alignRight(`change ${escapeControl(id)}${sets}`, formatDuration(nowMs - startMs), width);
}

function row(sign: string, { phase, text }: Pick<SeenPhase, 'phase' | 'text'>, right: string, width: number): string {
  const label = (labels[phase] ?? phase.replaceAll('-', ' ')).padEnd(labelWidth);
  return alignRight(`  ${sign} ${label} ${escapeControl(text)}`, right, width);
}

/** The right end counts more than that of the text. */
function alignRight(left: string, right: string, width: number): string {
  if (right === '') return left;
  const room = width - right.length - 2;
  return `${cut(left, room).padEnd(room)}  ${right}`;
}

function cut(line: string, width: number): string {
  const shown = line.trimEnd();
  return shown.length <= width ? shown : shown.slice(0, width);
}

function indented(line: string): string {
  return `${' '.repeat(labelWidth + 5)}${line}`;
}

function catchUpText(node: CatchUpView, progress: ChangeProgress, unicode: boolean): string {
  const { full, empty } = unicode ? signs.unicode : signs.ascii;
  const share = shareOf(node);
  const filled = Math.floor(share * barWidth);
  const bar = `${full.repeat(filled)}${empty.repeat(barWidth - filled)}`;
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const later = node.required === false ? '  not required' : '';
  return `${nameOf(node.id, progress).padEnd(3)} ${bar} ${percent}  ${catchUpNumbers(node)}${later}`;
}

/** How much of its way a node has come: of the snapshot that it is sent, or of what it lacked when it was first seen. */
function shareOf({ snapshotBytesSent, snapshotBytesTotal, lag, firstLag }: CatchUpView): number {
  if (snapshotBytesTotal) return Math.min(1, (snapshotBytesSent ?? 0) / snapshotBytesTotal);
  return firstLag === 0 ? 1 : 1 - lag / firstLag;
}

/** `lag 1204, 86/s, eta 14.0s, round 2`, or of a snapshot `292 MiB of 812 MiB`. */
export function catchUpNumbers(numbers: CatchUpNumbers): string {
  const { lag, rate, etaMs, snapshotBytesSent, snapshotBytesTotal, rounds, ready } = numbers;
  const parts = snapshotBytesTotal
    ? [`${formatBytes(snapshotBytesSent ?? 0)} of ${formatBytes(snapshotBytesTotal)}`]
    : [`lag ${lag}`];
  if (rate && rate > 0.5) parts.push(`${Math.round(rate)}/s`);
  if (etaMs !== undefined && etaMs !== null && lag > 0) parts.push(`eta ${formatDuration(etaMs)}`);
  if (ready) parts.push('ready');
  else if (rounds) parts.push(`round ${rounds + 1}`);
  return parts.join(', ');
}

function nameOf(id: number, { names }: ChangeProgress): string {
  return escapeControl(names.get(id) ?? `n${id}`);
}
