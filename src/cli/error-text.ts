import type { RaftctlError } from '../base/errors.js';
import { escapeControl, type Style } from './style.js';

/** Codes after which it goes without saying that nothing was changed, because nothing was sent. */
const speaksForItself: ReadonlySet<string> = new Set([
  'E_USAGE',
  'E_NOT_FOUND',
  'E_UNHEALTHY',
  'E_PENDING',
  'E_INTERNAL',
]);

/**
 * An error for people: the sentence, the facts, what was changed, a hint, the code.
 * @param mutating whether the command could have changed something
 */
export function errorText(error: RaftctlError, style: Style, mutating: boolean): string {
  const lines = [`${style.red('error:')} ${escapeControl(error.message)}`];
  for (const fact of error.facts) lines.push(`  ${escapeControl(fact)}`);
  if (mutating && !speaksForItself.has(error.code)) lines.push(`  ${changedText[error.changed]}`);
  if (error.hint !== undefined && error.hint !== '') lines.push(`hint: ${escapeControl(error.hint)}`);
  lines.push(`code: ${error.code} (exit ${error.exitCode})`);
  return lines.join('\n');
}

const changedText = {
  no: 'nothing was changed',
  yes: 'a part was changed',
  unknown: 'it is not known whether anything was changed',
} as const;
