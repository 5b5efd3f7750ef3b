import type { Random } from '../../src/base/random.js';

/** What a network does to messages between nodes. Probabilities are from 0 to 1. */
export interface LinkProfile {
  /** Every message takes so long, in milliseconds. */
  readonly delayMs: number;
  /** And up to so much longer, each another time: so they come in another order. */
  readonly jitterMs: number;
  readonly lose: number;
  readonly duplicate: number;
  /** Chance that some message that was sent before, perhaps long before, comes again. */
  readonly replay: number;
}

export const perfect: LinkProfile = { delayMs: 0, jitterMs: 0, lose: 0, duplicate: 0, replay: 0 };

/** Messages of a link that may come again. */
const rememberedMax = 300;

/** One line on its way. */
export interface Delivery {
  readonly line: string;
  readonly afterMs: number;
}

/** The links between nodes, each with a state of its own. */
export class LinkFaults {
  readonly counts = { lost: 0, duplicated: 0, replayed: 0, delayed: 0, cut: 0 };
  readonly #profiles = new Map<string, LinkProfile>();
  readonly #cuts = new Set<string>();
  readonly #sent = new Map<string, string[]>();

  constructor(private readonly random: Random) {}

  set(from: string, to: string, profile: LinkProfile): void {
    this.#profiles.set(`${from} ${to}`, profile);
  }

  /** Nothing goes from one to the other; the way back is another link. */
  cut(from: string, to: string): void {
    this.#cuts.add(`${from} ${to}`);
  }

  heal(): void {
    this.#profiles.clear();
    this.#cuts.clear();
  }

  /** What arrives when this is sent. */
  deliveries(from: string, to: string, line: string): readonly Delivery[] {
    const link = `${from} ${to}`;
    const remembered = this.#remember(link, line);
    if (this.#cuts.has(link)) {
      this.counts.cut++;
      return [];
    }
    const profile = this.#profiles.get(link);
    if (profile === undefined) return [{ line, afterMs: 0 }];
    const arriving: Delivery[] = [];
    if (this.random() < profile.lose) this.counts.lost++;
    else arriving.push({ line, afterMs: this.#delay(profile) });
    if (this.random() < profile.duplicate) {
      this.counts.duplicated++;
      arriving.push({ line, afterMs: this.#delay(profile) });
    }
    const old = remembered[Math.floor(this.random() * remembered.length)];
    if (old !== undefined && this.random() < profile.replay) {
      this.counts.replayed++;
      arriving.push({ line: old, afterMs: this.#delay(profile) });
    }
    return arriving;
  }

  #delay({ delayMs, jitterMs }: LinkProfile): number {
    if (delayMs + jitterMs > 0) this.counts.delayed++;
    return delayMs + this.random() * jitterMs;
  }

  /** Every now and then one of the old ones makes room, so that some are really old. */
  #remember(link: string, line: string): readonly string[] {
    const sent = this.#sent.get(link) ?? [];
    this.#sent.set(link, sent);
    if (sent.length < rememberedMax) sent.push(line);
    else sent[Math.floor(this.random() * rememberedMax)] = line;
    return sent;
  }
}
