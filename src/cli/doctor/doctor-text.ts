import { fitParts, fitSentence } from '../fit-line.js';
import { escapeControl, type Style } from '../style.js';
import { counted } from '../units.js';
import type { DoctorData, RankedFinding } from './doctor.js';

/** What a doctor has found, for people: each with its evidence and what to do. */
export function doctorText({ looked, findings }: DoctorData, style: Style, width: number | undefined): string {
  const { nodes, reachable, leader } = looked;
  const seen = `${counted(nodes, 'node')} looked at, ${reachable} in reach, ${leader === null ? 'nobody leads' : `node ${leader} leads`}`;
  if (findings.length === 0) return `nothing found: ${seen}`;
  return [...findings.map((finding) => findingText(finding, style, width)), seen].join('\n\n');
}

function findingText(
  { rank, severity, what, evidence, next }: RankedFinding,
  style: Style,
  width: number | undefined,
): string {
  const sign = severity === 'acts-now' ? style.red('ACTS NOW') : style.yellow('warning ');
  const lines = [`${rank}  ${sign}  ${fitSentence(escapeControl(what), width && width - 13, ' '.repeat(13))}`];
  for (const line of evidence) lines.push(`   ${fitSentence(escapeControl(line), width && width - 3, '     ')}`);
  const [first, ...others] = next.map(escapeControl);
  if (first !== undefined) lines.push(fitParts([`   next: ${first}`, ...others], width, ' · ', '         '));
  return lines.join('\n');
}
