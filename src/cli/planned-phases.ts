import { RaftctlError } from '../base/errors.js';
import { readInputText } from './input-file.js';
import type { PlannedPhase } from './what-if-phases.js';

/**
 * The phases of a planned change, out of a plan file or the document of a dry run.
 * @throws RaftctlError E_USAGE where the file cannot be read or holds no plan
 */
export async function readPlannedPhases(file: string): Promise<readonly PlannedPhase[]> {
  const phases = phasesIn(parsed(await readInputText(file), file));
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
function phasesIn(document: unknown, levels = 3): PlannedPhase[] | undefined {
  if (!isRecord(document) || levels === 0) return undefined;
  const { safety, plan, data } = document;
  if (!Array.isArray(safety)) return phasesIn(plan, levels - 1) ?? phasesIn(data, levels - 1);
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
