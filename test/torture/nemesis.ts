import { setTimeout as pause } from 'node:timers/promises';
import { type Random, randomInt } from '../../src/base/random.js';
import { oneOf, someOf } from '../base/choice.js';
import { canTellOwners } from './socket-owner.js';
import { reserves, type TorturedCluster } from './tortured-cluster.js';

/** What can be done to a cluster. */
export const faultKinds = [
  'kill',
  'kill-all',
  'crash-loop',
  'pause',
  'restart',
  'partition',
  'one-way',
  'slow',
  'disk-full',
  'clock',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** How often each is drawn, against the others. */
const weights: Readonly<Record<FaultKind, number>> = {
  kill: 20,
  'kill-all': 2,
  'crash-loop': 2,
  pause: 3,
  restart: 1,
  partition: 4,
  'one-way': 2,
  slow: 2,
  'disk-full': 3,
  clock: 1,
};

/** Milliseconds that a fault lasts, and that the cluster then has for itself. */
const faultMs = [300, 2500] as const;
const peaceMs = [100, 2000] as const;
/** Milliseconds into its start at which a node is killed again. */
const startMs = [0, 900] as const;

/** What was done, beside how often each kind of fault was drawn. */
export interface Harm {
  readonly faults: Map<FaultKind, number>;
  /** Processes killed one by one, those of them that led, and times that all were killed at once. */
  kills: number;
  leaderKills: number;
  killsOfAll: number;
  /** Everything that was done, a line each, with the time by the clock of the history. */
  readonly timeline: string[];
}

/**
 * Does harm by a seed: one or two kinds of faults at a time, for a while, then all is healed for a while. The seed decides what is done, to
 * whom and in which order, as far as this does not hang on who leads; how the processes take it is up to the machine.
 */
export class Nemesis {
  readonly harm: Harm = { faults: new Map(), kills: 0, leaderKills: 0, killsOfAll: 0, timeline: [] };
  readonly #kinds: readonly FaultKind[];
  readonly #frozen = new Set<number>();
  /** Nodes that come back with another clock. */
  readonly #mistimed = new Set<number>();

  constructor(
    private readonly cluster: TorturedCluster,
    kinds: readonly FaultKind[],
    private readonly random: Random,
  ) {
    const impossible: readonly FaultKind[] = [
      ...(cluster.disks.size === 0 ? (['disk-full'] as const) : []),
      ...(cluster.clocks === undefined ? (['clock'] as const) : []),
      ...(canTellOwners ? [] : (['partition', 'one-way', 'slow'] as const)),
    ];
    const possible = kinds.filter((kind) => !impossible.includes(kind));
    this.#kinds = possible.flatMap((kind) => Array.from({ length: weights[kind] }, () => kind));
  }

  /** Goes on until `signal`, and leaves the last fault as it is. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#kinds.length > 0) {
      const kinds = new Set([oneOf(this.random, this.#kinds), oneOf(this.random, this.#kinds)]);
      for (const kind of kinds) {
        this.harm.faults.set(kind, (this.harm.faults.get(kind) ?? 0) + 1);
        await this.#harm(kind);
      }
      await pause(randomInt(this.random, ...faultMs), undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      await this.heal();
      await pause(randomInt(this.random, ...peaceMs), undefined, { signal }).catch(() => {});
    }
  }

  /** Lifts all faults, and has every node serve again. */
  async heal(): Promise<void> {
    const { cluster } = this;
    this.#note('heal');
    cluster.emptyDisks();
    cluster.links.heal();
    for (const id of this.#frozen) cluster.thaw(id);
    this.#frozen.clear();
    const down = cluster.ids.filter((id) => !cluster.running.includes(id));
    const clockOf = (id: number) => (this.#mistimed.delete(id) ? cluster.clocks?.setup(this.random) : undefined);
    await Promise.all(down.map((id) => cluster.startNode(id, clockOf(id))));
    this.#note(down.length === 0 ? 'healed' : `healed, nodes ${down.join(', ')} serve again`);
  }

  /** All at once, as when the power is cut. */
  async killAll(): Promise<void> {
    this.harm.killsOfAll++;
    this.#note('kill all');
    this.#frozen.clear();
    await this.cluster.kill(this.cluster.ids);
  }

  #note(what: string): void {
    this.harm.timeline.push(`${Math.round(performance.now())} ${what}\n`);
  }

  async #harm(kind: FaultKind): Promise<void> {
    switch (kind) {
      case 'kill':
        return this.#killOne();
      case 'kill-all':
        return this.killAll();
      case 'crash-loop':
        return this.#crashLoop();
      case 'pause':
        return this.#pauseSome();
      case 'restart':
        return this.#restart();
      case 'partition': {
        const group = await this.#group();
        this.#note(`partition ${group} from the others`);
        this.cluster.links.cutFrom(group);
        return this.cluster.links.cutTo(group);
      }
      case 'one-way':
        return this.#cutOneWay();
      case 'slow':
        return this.#slow();
      case 'disk-full':
        return this.#fillDisks();
      case 'clock':
        return this.#otherClocks();
    }
  }

  async #cutOneWay(): Promise<void> {
    const group = await this.#group();
    const isDeaf = this.random() < 0.5;
    this.#note(isDeaf ? `${group} hear the others no more` : `the others hear ${group} no more`);
    if (isDeaf) this.cluster.links.cutTo(group);
    else this.cluster.links.cutFrom(group);
  }

  async #killOne(): Promise<void> {
    const [victim] = await this.#victims(1);
    if (victim !== undefined) await this.#kill(victim.id, victim.leads);
  }

  async #kill(id: number, leads: boolean): Promise<void> {
    this.harm.kills++;
    if (leads) this.harm.leaderKills++;
    this.#note(`kill ${id}${leads ? ', the leader' : ''}`);
    this.#frozen.delete(id);
    await this.cluster.kill([id]);
  }

  /** Killed, and killed again while it starts. */
  async #crashLoop(): Promise<void> {
    const [victim] = await this.#victims(1);
    if (victim === undefined) return;
    const { id, leads } = victim;
    await this.#kill(id, leads);
    for (let count = randomInt(this.random, 1, 4); count > 0; count--) {
      this.cluster.launch(id);
      await pause(randomInt(this.random, ...startMs));
      if (this.cluster.running.includes(id)) await this.#kill(id, false);
    }
  }

  async #pauseSome(): Promise<void> {
    for (const { id } of await this.#victims(this.cluster.ids.length)) {
      this.#frozen.add(id);
      this.#note(`pause ${id}`);
      this.cluster.freeze(id);
    }
  }

  async #restart(): Promise<void> {
    const [victim] = await this.#victims(1);
    if (victim === undefined) return;
    this.#note(`stop ${victim.id}`);
    await this.cluster.stop([victim.id]);
  }

  #slow(): void {
    this.#note('slow links');
    const { ids, links } = this.cluster;
    for (const from of ids) {
      for (const to of ids) {
        if (from === to || this.random() < 0.3) continue;
        const delayMs = randomInt(this.random, 0, 200);
        const bytesPerSecond = 2 ** randomInt(this.random, 12, 20);
        links.between(from, to).slow({ delayMs, jitterMs: randomInt(this.random, 0, 200), bytesPerSecond });
      }
    }
  }

  /** To one of the levels at which a node behaves otherwise: no writes, no entries, nothing at all. */
  async #fillDisks(): Promise<void> {
    const mebibyte = 1024 * 1024;
    for (const { id } of await this.#victims(this.cluster.ids.length)) {
      const level = randomInt(this.random, 0, 8);
      const leftMiB = level < 4 ? reserves.spaceMiB - 4 : level < 7 ? reserves.appendMiB - 2 : 0;
      this.#note(`${leftMiB} MiB are left on the disk of ${id}`);
      this.cluster.fillDisk(id, leftMiB * mebibyte);
    }
  }

  /** A minority is killed, and comes back with another clock until it is killed the next time. */
  async #otherClocks(): Promise<void> {
    for (const { id, leads } of await this.#victims(Math.floor((this.cluster.ids.length - 1) / 2))) {
      await this.#kill(id, leads);
      this.#mistimed.add(id);
    }
  }

  /** Half of the time the leader alone; otherwise one to `max` of the nodes that are there, whoever leads. */
  async #victims(max: number): Promise<readonly { readonly id: number; readonly leads: boolean }[]> {
    const there = this.cluster.running.filter((id) => !this.#frozen.has(id));
    const leader = await this.cluster.leader();
    const isLeader = this.random() < 0.5;
    const chosen = someOf(this.random, there, max);
    const ids = isLeader && leader !== undefined && there.includes(leader) ? [leader] : chosen;
    return ids.map((id) => ({ id, leads: id === leader }));
  }

  /** Nodes that a border is drawn around: never all, down or not. */
  async #group(): Promise<readonly number[]> {
    const { ids } = this.cluster;
    const leader = await this.cluster.leader();
    const chosen = someOf(this.random, ids, ids.length - 1);
    return this.random() < 0.5 && leader !== undefined ? [leader] : chosen;
  }
}
