import { mkdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type Acknowledgement, stretchOf } from '../../bench/membership/steady-writers.js';
import { seededRandom } from '../../src/base/random.js';
import type { VerifyData } from '../../src/cli/verify-data.js';
import { oneOf } from '../base/choice.js';
import { checkHistory } from '../linearizability/check-history.js';
import type { HistoryStep } from '../linearizability/history.js';
import { lostWrites } from '../linearizability/lost-writes.js';
import { type Ask, Workload } from '../linearizability/workload.js';
import { Clients, type MachineName } from './clients.js';
import { type FaultKind, type Harm, Nemesis } from './nemesis.js';
import { TorturedCluster } from './tortured-cluster.js';

export interface RoundOptions {
  /** All that is drawn of this round. */
  readonly seed: number;
  readonly nodes: number;
  readonly seconds: number;
  readonly machine: MachineName;
  readonly faults: readonly FaultKind[];
  /** For all that the nodes leave; gone after a round that went well. */
  readonly folder: string;
  /** Stands in front of this round's keys. */
  readonly keyPrefix: string;
  /** Number of the last client of the rounds before. */
  readonly processesBefore: number;
  /** Shell commands that run before each node, in its process. */
  readonly setup?: string;
  /** Ends the round early, as if its time was over. */
  readonly signal?: AbortSignal;
}

/** How a round went. */
export interface RoundResult {
  readonly seed: number;
  readonly machine: MachineName;
  readonly settings: string;
  readonly history: readonly HistoryStep[];
  /** Why it is not as it should be; undefined where it is. */
  readonly failure: string | undefined;
  readonly operations: { readonly ok: number; readonly fail: number; readonly info: number };
  /** Changes that were acknowledged. */
  readonly acknowledged: number;
  readonly keys: number;
  readonly processes: number;
  readonly harm: Harm;
  readonly errors: ReadonlyMap<string, number>;
  readonly refusals: readonly string[];
  /** Terms in which a change was acknowledged. */
  readonly leaders: number;
  /** Longest time between two acknowledged changes, and from the last fault to the next one. */
  readonly longestGapMs: number;
  readonly recoveryMs: number;
  /** Nodes whose states were held against each other at the end, and found the same. */
  readonly compared: number;
  /** What this machine does not allow. */
  readonly missing: readonly string[];
}

/** Clients at a time. More than eight on one key make a history that is hard to judge. */
const clientCount = 6;
const registerName = 'register';
/** A register has one history, which checkers must be able to read. */
const registerOperationsMax = 1900;
/** Milliseconds that a healed cluster has: many elections, on a machine that has much else to do. */
const healedMs = 45_000;

/** Most rounds have a hash table, whose many keys take more calls. */
export function machineOf(seed: number): MachineName {
  return seed % 4 === 3 ? 'register' : 'kv';
}

/** Real processes under faults, clients that go on meanwhile, and the judgement of what is left. */
export async function playRound(options: RoundOptions): Promise<RoundResult> {
  const random = seededRandom(options.seed);
  const { flags, settings } = drawSettings(random);
  mkdirSync(options.folder, { recursive: true });
  const { machine, folder, setup } = options;
  const ids = Array.from({ length: options.nodes }, (_, at) => at + 1);
  const cluster = await TorturedCluster.start({
    ...{ ids, machine, flags, folder, random: seededRandom(options.seed + 1) },
    ...(setup === undefined ? {} : { setup }),
  });
  const round = new Round(options, cluster, settings);
  let failure: string | undefined;
  try {
    failure = await round.play();
    return round.result(failure);
  } finally {
    await cluster.close(failure !== undefined);
  }
}

/** Ticks, and how soon a node forgets its log: rare paths are frequent under some of them. */
function drawSettings(random: () => number): { readonly flags: readonly string[]; readonly settings: string } {
  const tick = oneOf(random, ['20ms', '50ms', '100ms']);
  const snapshotEntries = oneOf(random, ['40', '400', '100000']);
  const keepEntries = oneOf(random, ['1', '50']);
  return {
    flags: ['--tick', tick, '--snapshot-entries', snapshotEntries, '--keep-entries', keepEntries],
    settings: `tick ${tick}, a snapshot every ${snapshotEntries} entries, ${keepEntries} kept`,
  };
}

class Round {
  readonly #nemesis: Nemesis;
  readonly #workload: Workload;
  readonly #clients: Clients;
  #recoveryMs = 0;
  #compared = 0;

  constructor(
    private readonly options: RoundOptions,
    private readonly cluster: TorturedCluster,
    private readonly settings: string,
  ) {
    const { seed, faults, machine, keyPrefix, processesBefore, seconds } = options;
    this.#nemesis = new Nemesis(cluster, faults, seededRandom(seed + 2));
    this.#clients = new Clients(cluster.endpoints, machine);
    const registers = { key: `${keyPrefix}${registerName}`, operationsMax: registerOperationsMax };
    // So that the calls which a register may take last for the whole round.
    const thinkMs = (2 * clientCount * seconds * 1000) / registerOperationsMax;
    this.#workload = new Workload(seededRandom(seed + 3), {
      ...{ keyPrefix, processesBefore },
      ...(machine === 'register' ? { onlyRegister: registers, thinkMs: [2, Math.max(12, thinkMs)] } : {}),
    });
  }

  /** Resolves with a sentence where something is not as it should be. */
  async play(): Promise<string | undefined> {
    const { broken } = this.cluster;
    const gone = new Promise<never>((_, reject) => {
      broken.addEventListener('abort', () => reject(broken.reason), { once: true });
    });
    const played = this.#playAll();
    try {
      const found = await Promise.race([played, gone]);
      return found ?? checkHistory(this.#workload.history) ?? lostWrites(this.#workload.history);
    } catch (thrown) {
      // What was broken first is why the rest went wrong.
      const why: unknown = broken.aborted ? broken.reason : thrown;
      return why instanceof Error ? (why.stack ?? why.message) : String(why);
    } finally {
      // Whatever it does, it has done before the cluster is taken down.
      await played.catch(() => {});
      this.#clients.close();
    }
  }

  result(failure: string | undefined): RoundResult {
    const { history } = this.#workload;
    const acknowledgements = acknowledgementsIn(history);
    return {
      seed: this.options.seed,
      machine: this.options.machine,
      settings: this.settings,
      history,
      failure,
      operations: this.#workload.counts,
      acknowledged: acknowledgements.length,
      keys: this.#workload.keys.length,
      processes: this.#workload.processes,
      harm: this.#nemesis.harm,
      errors: this.#clients.errors,
      refusals: this.#clients.refusals,
      leaders: this.#clients.terms.size,
      longestGapMs: stretchOf(acknowledgements, acknowledgements[0]?.atMs ?? 0).longestGapMs,
      recoveryMs: this.#recoveryMs,
      compared: this.#compared,
      missing: this.cluster.missing,
    };
  }

  async #playAll(): Promise<string | undefined> {
    const asks = Array.from({ length: clientCount }, () => this.#clients.open());
    const stopped = await this.#underFaults(asks);
    return stopped ?? (await this.#afterwards(asks[0] as Ask));
  }

  /** The time of faults, and until clients are served again. */
  async #underFaults(asks: readonly Ask[]): Promise<string | undefined> {
    const { seconds, signal: early } = this.options;
    const faults = new AbortController();
    const calls = new AbortController();
    const clients = Promise.all(asks.map((ask) => this.#workload.client(ask, calls.signal)));
    clients.catch(() => {});
    const over = AbortSignal.any([faults.signal, this.cluster.broken, ...(early === undefined ? [] : [early])]);
    const harming = this.#nemesis.run(over);
    try {
      await Promise.race([pause(seconds * 1000, undefined, { signal: over }).catch(() => {}), harming]);
      faults.abort();
      await harming;
      this.cluster.broken.throwIfAborted();
      await this.#nemesis.heal();
      return await this.#untilServed(asks[0] as Ask);
    } finally {
      faults.abort();
      calls.abort();
      await clients;
    }
  }

  async #untilServed(ask: Ask): Promise<string | undefined> {
    const healedAt = performance.now();
    const { keyPrefix, machine } = this.options;
    const key = `${keyPrefix}${machine === 'register' ? registerName : 'healed'}`;
    for (;;) {
      this.cluster.broken.throwIfAborted();
      // A node that has met a full disk may end when there is room again.
      if (this.cluster.running.length < this.cluster.ids.length) await this.#nemesis.heal();
      const isServed = await this.#workload.write(ask, key);
      this.#recoveryMs = performance.now() - healedAt;
      if (isServed) return undefined;
      if (this.#recoveryMs > healedMs) return `all faults were lifted, and no write was acknowledged in ${healedMs} ms`;
    }
  }

  /** All nodes killed once more: what is read then comes from their disks. */
  async #afterwards(ask: Ask): Promise<string | undefined> {
    await this.#nemesis.killAll();
    await this.#nemesis.heal();
    const signal = AbortSignal.any([AbortSignal.timeout(healedMs), this.cluster.broken]);
    if (!(await this.#workload.finalReads(ask, signal))) {
      return `all nodes were killed and started, and have not answered a read of every key in ${healedMs} ms`;
    }
    const different = await this.#compareStates();
    if (different !== undefined) return different;
    await this.cluster.stop(this.cluster.ids);
    return undefined;
  }

  /** `cluster verify`, again where a node could not be compared, as after a snapshot that it took instead of the entry. */
  async #compareStates(): Promise<string | undefined> {
    const { cluster } = this;
    for (const until = performance.now() + healedMs; ; ) {
      const { json, exitCode } = await cluster.run<VerifyData>(['cluster', 'verify', '--wait-timeout', '20s']);
      const hashes = (json.data?.nodes ?? []).flatMap(({ hash }) => (hash === null ? [] : [hash]));
      if (exitCode === 0 && hashes.length === cluster.ids.length && new Set(hashes).size === 1) {
        this.#compared = hashes.length;
        return undefined;
      }
      const isOver = performance.now() > until || new Set(hashes).size > 1;
      if (isOver) return `the states of the nodes are not the same: ${JSON.stringify(json, null, 1)}`;
    }
  }
}

/** Acknowledged changes, by their time. */
function acknowledgementsIn(history: readonly HistoryStep[]): readonly Acknowledgement[] {
  const asked = new Map<number, number>();
  const found: Acknowledgement[] = [];
  for (const step of history) {
    if (step.type === 'invoke') asked.set(step.process, step.time);
    else if (step.type === 'ok' && step.f !== 'read' && step.swapped !== false) {
      found.push({ askedMs: asked.get(step.process) ?? step.time, atMs: step.time });
    }
  }
  return found;
}
