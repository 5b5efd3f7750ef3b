import type { PlanningFacts } from './planning-facts.js';

/** Cuts that a sentence names, at most. */
const CUTS_SHOWN_MAX = 6;

/** `1,2,3` */
export function listIds(ids: readonly number[]): string {
  return ids.join(',');
}

/** `{1,2,3}` */
export function braces(ids: readonly number[]): string {
  return `{${ids.join(',')}}`;
}

/** `voter 2`, `voters 2,3` */
export function counted(noun: string, ids: readonly number[]): string {
  return `${noun}${ids.length === 1 ? '' : 's'} ${listIds(ids)}`;
}

/** `1 entry`, `2 entries` */
export function amount(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** What people call a node. */
export function nodeName(facts: Pick<PlanningFacts, 'members' | 'announced'>, id: number): string {
  return [...facts.members, ...facts.announced].find((member) => member.id === id)?.name || `n${id}`;
}

/** `any 2 of 1,2,3`, `1 alone, 3 alone`, `1+2, 2+3` */
export function describeCuts(cuts: readonly (readonly number[])[]): string {
  const size = cuts[0]?.length ?? 0;
  const ids = [...new Set(cuts.flat())].sort((left, right) => left - right);
  const isEvery = cuts.every((cut) => cut.length === size) && cuts.length === ways(ids.length, size);
  if (isEvery && size > 1) return `any ${size} of ${listIds(ids)}`;
  const named = cuts.slice(0, CUTS_SHOWN_MAX).map((cut) => (cut.length === 1 ? `${cut[0]} alone` : cut.join('+')));
  return `${named.join(', ')}${cuts.length > CUTS_SHOWN_MAX ? ', …' : ''}`;
}

/** `812 MiB` */
export function byteSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const scaled = bytes / 1024 ** power;
  return `${power === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[power]}`;
}

/** Ways to take `size` of `count`. */
function ways(count: number, size: number): number {
  let result = 1;
  for (let taken = 1; taken <= size; taken += 1) result = (result * (count - size + taken)) / taken;
  return result;
}
