import { readFileSync } from 'node:fs';
import { RaftctlError } from '../base/errors.js';
import { reasonOf } from './file-reason.js';
import type { PlannedPhase } from './what-if-phases.js';

/**
 * The phases of a planned change, out of a plan file or the document of a dry run.
 * @throws RaftctlError E_USAGE where the file cannot be read or holds no plan
 */
export function readPlannedPhases(file: string): readonly PlannedPhase[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (thrown) {
    throw new RaftctlError('E_USAGE', `cannot read ${file}: ${reasonOf(thrown)}`, { cause: thrown });
  }
  const phases = phasesIn(parsed(text, file));
  if (phases !== undefined) return phases;
  throw new RaftctlError('E_USAGE', `${file} holds no plan of a change of the members`, {
    hint: 'raftctl member change --voters 1,3,4 --dry-run --json >plan.json',
  });
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new RaftctlError('E_USAGE', `${file} is not JSON`, { cause: thrown });
  }
}

/** The list `safety` of a plan, which may stand in an envelope. */
function phasesIn(document: unknown): PlannedPhase[] | undefined {
  if (!isRecord(document)) return undefined;
  const { safety, plan, data } = document;
  if (!Array.isArray(safety)) return phasesIn(plan) ?? phasesIn(data);
  const phases = safety.map(toPhase);
  const known = phases.filter((phase) => phase !== undefined);
  return known.length === phases.length && known.length > 0 ? known : undefined;
}

function toPhase(item: unknown): PlannedPhase | undefined {
  if (!isRecord(item) || !Array.isArray(item['sets'])) return undefined;
  const name = item['phase'] ?? item['name'];
  const sets = item['sets'].map((set: unknown) => (isRecord(set) ? set['voters'] : undefined)).filter(isIdList);
  return typeof name === 'string' && sets.length === item['sets'].length && sets.length > 0
    ? { name, sets }
    : undefined;
}

function isIdList(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((id) => Number.isSafeInteger(id) && id > 0);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
