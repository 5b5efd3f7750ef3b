import { type Random, randomInt } from '../../src/base/random.js';

/** How a link treats bytes while it is not as it should be. */
export interface LinkProfile {
  /** Everything takes so long, in milliseconds. */
  readonly delayMs: number;
  /** And up to so much longer. The order stays, as it does with TCP. */
  readonly jitterMs: number;
  /** What goes through in a second. */
  readonly bytesPerSecond: number;
}

/** One directed link between two nodes: all bytes from one to the other, whoever has dialled. */
export class Link {
  #isCut = false;
  #profile: LinkProfile | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(private readonly random: Random) {}

  get isCut(): boolean {
    return this.#isCut;
  }

  /** From now on nothing arrives, neither bytes nor that there will be no more. What is on its way arrives once this is healed. */
  cut(): void {
    this.#isCut = true;
  }

  /** As a link in which the latency of each piece is drawn anew. */
  slow(profile: LinkProfile): void {
    this.#profile = profile;
  }

  heal(): void {
    this.#isCut = false;
    this.#profile = undefined;
    for (const go of this.#waiting) go();
  }

  /** Has this called whenever the link is healed, until what is returned is called. */
  onHeal(go: () => void): () => void {
    this.#waiting.add(go);
    return () => this.#waiting.delete(go);
  }

  /** Milliseconds that so many bytes are on their way, and that the link is busy with them. */
  timeOf(bytes: number): { readonly latencyMs: number; readonly busyMs: number } {
    if (this.#profile === undefined) return { latencyMs: 0, busyMs: 0 };
    const { delayMs, jitterMs, bytesPerSecond } = this.#profile;
    return { latencyMs: delayMs + randomInt(this.random, 0, jitterMs + 1), busyMs: (bytes / bytesPerSecond) * 1000 };
  }
}

/** All links between some nodes. */
export class Links {
  readonly #links = new Map<string, Link>();

  constructor(
    readonly ids: readonly number[],
    random: Random,
  ) {
    for (const from of ids) for (const to of ids) this.#links.set(`${from} ${to}`, new Link(random));
  }

  between(from: number, to: number): Link {
    const link = this.#links.get(`${from} ${to}`);
    if (link === undefined) throw new Error(`there is no link from ${from} to ${to}`);
    return link;
  }

  /** Cuts what goes from these to the others. */
  cutFrom(group: readonly number[]): void {
    this.#acrossBorder(group, (inside, outside) => this.between(inside, outside).cut());
  }

  /** Cuts what goes from the others to these. */
  cutTo(group: readonly number[]): void {
    this.#acrossBorder(group, (inside, outside) => this.between(outside, inside).cut());
  }

  heal(): void {
    for (const link of this.#links.values()) link.heal();
  }

  #acrossBorder(group: readonly number[], harm: (inside: number, outside: number) => void): void {
    const others = this.ids.filter((id) => !group.includes(id));
    for (const inside of group) for (const outside of others) harm(inside, outside);
  }
}
