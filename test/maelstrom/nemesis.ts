import { setTimeout as pause } from 'node:timers/promises';
import { type Random, randomInt } from '../../src/base/random.js';
import { oneOf, someOf } from '../base/choice.js';
import { type LinkFaults, type LinkProfile, perfect } from './link-faults.js';
import type { Router } from './router.js';

/** What can be done to a cluster, one after the other. */
export const faultKinds = [
  'crash',
  'pause',
  'partition',
  'one-way',
  'lose',
  'delay',
  'reorder',
  'duplicate',
  'replay',
] as const;
export type FaultKind = (typeof faultKinds)[number];

const profiles: Partial<Record<FaultKind, Partial<LinkProfile>>> = {
  lose: { lose: 0.2 },
  delay: { delayMs: 60, jitterMs: 20 },
  reorder: { jitterMs: 120 },
  duplicate: { duplicate: 0.5, jitterMs: 40 },
  replay: { replay: 0.3, jitterMs: 20 },
};

/** Milliseconds that a fault lasts, and that the cluster then has for itself. */
const faultMs = [600, 2500] as const;
const peaceMs = [200, 1200] as const;

/**
 * Does harm by a seed: one or two kinds of faults at a time, for a while, then all is healed for a while. The seed decides what is done and in
 * which order; how the processes take it is up to the machine.
 */
export class Nemesis {
  readonly done = new Map<FaultKind, number>();
  readonly #stopped: string[] = [];
  readonly #frozen: string[] = [];

  constructor(
    private readonly router: Router,
    private readonly faults: LinkFaults,
    private readonly kinds: readonly FaultKind[],
    private readonly random: Random,
  ) {}

  /** Goes on until `signal`; heals what it has done before it resolves. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.kinds.length > 0) {
      const kinds = new Set([oneOf(this.random, this.kinds), oneOf(this.random, this.kinds)]);
      for (const kind of kinds) {
        this.done.set(kind, (this.done.get(kind) ?? 0) + 1);
        await this.#harm(kind);
      }
      await pause(randomInt(this.random, ...faultMs), undefined, { signal }).catch(() => {});
      await this.heal();
      await pause(randomInt(this.random, ...peaceMs), undefined, { signal }).catch(() => {});
    }
  }

  async heal(): Promise<void> {
    this.faults.heal();
    for (const name of this.#frozen.splice(0)) this.router.thaw(name);
    await Promise.all(this.#stopped.splice(0).map((name) => this.router.start(name)));
  }

  async #harm(kind: FaultKind): Promise<void> {
    const { nodes } = this.router;
    switch (kind) {
      case 'crash':
        for (const name of this.#some(nodes.length)) {
          await this.router.kill(name);
          this.#stopped.push(name);
        }
        return;
      case 'pause':
        for (const name of this.#some(Math.ceil(nodes.length / 2))) {
          this.router.freeze(name);
          this.#frozen.push(name);
        }
        return;
      case 'partition':
        return this.#partition(this.#some(nodes.length - 1), true);
      case 'one-way':
        return this.#partition(this.#some(nodes.length - 1), false);
      default:
        for (const from of nodes) {
          for (const to of nodes) {
            if (this.random() < 0.8) this.faults.set(from, to, { ...perfect, ...profiles[kind] });
          }
        }
    }
  }

  /** Cuts these off from the others: both ways, or they are heard no more and hear. */
  #partition(group: readonly string[], bothWays: boolean): void {
    for (const inside of group) {
      for (const outside of this.router.nodes.filter((name) => !group.includes(name))) {
        this.faults.cut(inside, outside);
        if (bothWays) this.faults.cut(outside, inside);
      }
    }
  }

  /** One to `max` nodes, any of them that are there. */
  #some(max: number): readonly string[] {
    const there = this.router.nodes.filter((name) => !this.#stopped.includes(name) && !this.#frozen.includes(name));
    return someOf(this.random, there, max);
  }
}
