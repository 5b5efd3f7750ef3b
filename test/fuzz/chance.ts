import { type Random, randomInt, seededRandom } from '../../src/base/random.js';

/** Choices that follow from a seed. */
export class Chance {
  private readonly random: Random;

  constructor(seed: number) {
    // Neighbouring seeds must not begin alike.
    this.random = seededRandom(Math.imul(seed, 0x9e3779b1));
  }

  /** An integer in [min, max). */
  int(min: number, max: number): number {
    return randomInt(this.random, min, max);
  }

  /** True in one of `times` cases. */
  oneIn(times: number): boolean {
    return this.int(0, times) === 0;
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.int(0, choices.length)] ?? choices[0];
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.int(0, 256)));
  }

  list<T>(length: number, make: () => T): T[] {
    return Array.from({ length }, make);
  }
}
