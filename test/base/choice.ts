import { type Random, randomInt } from '../../src/base/random.js';

/** One of these. @throws Error where there is none */
export function oneOf<T>(random: Random, from: readonly T[]): T {
  const chosen = from[randomInt(random, 0, from.length)];
  if (chosen === undefined) throw new Error('there is nothing to choose from');
  return chosen;
}

/** One to `max` of these, in any order; fewer where there are not as many. */
export function someOf<T>(random: Random, from: readonly T[], max: number): readonly T[] {
  const left = [...from];
  const count = Math.min(left.length, randomInt(random, 1, Math.max(1, max) + 1));
  return Array.from({ length: count }, () => left.splice(randomInt(random, 0, left.length), 1)).flat();
}
