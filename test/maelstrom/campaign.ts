import { setTimeout as pause } from 'node:timers/promises';
import { seededRandom } from '../../src/base/random.js';
import { checkHistory } from '../linearizability/check-history.js';
import type { HistoryStep } from '../linearizability/history.js';
import { type Ask, Workload } from '../linearizability/workload.js';
import { askAnyNode } from './ask-any-node.js';
import { LinkFaults } from './link-faults.js';
import { type FaultKind, Nemesis } from './nemesis.js';
import { Router } from './router.js';

export interface CampaignOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly seconds: number;
  readonly faults: readonly FaultKind[];
  /** Folder for the nodes' data. */
  readonly dataDir: string;
}

/** How a run went. */
export interface CampaignResult {
  readonly history: readonly HistoryStep[];
  /** Why it is not as it should be; undefined where it is. */
  readonly failure: string | undefined;
  readonly operations: { readonly ok: number; readonly fail: number; readonly info: number };
  readonly keys: number;
  readonly harm: Readonly<Record<string, number>>;
  /** Messages between nodes to which something was done. */
  readonly links: Readonly<Record<string, number>>;
  /** Messages that were carried, by their type. */
  readonly carried: Readonly<Record<string, number>>;
}

/** Milliseconds that a healed cluster has to answer a read of every key: many elections, on a machine that has much else to do. */
const recoveryMs = 45_000;
const clientsOfNode = 2;

/** Real nodes under faults, clients that go on meanwhile, and the judgement of what they saw. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { seed, seconds } = options;
  const links = new LinkFaults(seededRandom(seed));
  const args = ['--data-dir', options.dataDir, '--snapshot-entries', '100', '--log-level', 'warn'];
  const router = new Router({
    nodes: Array.from({ length: options.nodes }, (_, at) => `n${at}`),
    args,
    faults: links,
  });
  const nemesis = new Nemesis(router, links, options.faults, seededRandom(seed + 1));
  const workload = new Workload(seededRandom(seed + 2));
  const ask = askAnyNode(router, seededRandom(seed + 3));
  const ended = new AbortController();
  const played = play(router, nemesis, { workload, ask }, seconds, ended);
  const failure = await Promise.race([played, router.broken]).catch((thrown: unknown) => String(thrown));
  ended.abort();
  await played.catch(() => {});
  const closed = await router.close();
  const verdict = failure ?? closed ?? checkHistory(workload.history);
  return {
    history: workload.history,
    failure: verdict,
    operations: workload.counts,
    keys: workload.keys.length,
    harm: Object.fromEntries(nemesis.done),
    links: links.counts,
    carried: Object.fromEntries(router.carried),
  };
}

/** Resolves with a sentence where the cluster did not come back. */
async function play(
  router: Router,
  nemesis: Nemesis,
  { workload, ask }: { readonly workload: Workload; readonly ask: Ask },
  seconds: number,
  ended: AbortController,
): Promise<string | undefined> {
  await Promise.all(router.nodes.map((name) => router.start(name)));
  const { signal } = ended;
  const clients = router.nodes.flatMap(() => Array.from({ length: clientsOfNode }, () => workload.client(ask, signal)));
  const harming = nemesis.run(signal);
  try {
    await Promise.race([pause(seconds * 1000, undefined, { signal }).catch(() => {}), Promise.all(clients)]);
  } finally {
    ended.abort();
    await harming;
    await nemesis.heal();
    await Promise.allSettled(clients);
  }
  await Promise.all(clients);
  const answered = await workload.finalReads(ask, AbortSignal.any([AbortSignal.timeout(recoveryMs), router.gone]));
  return answered ? undefined : `the cluster was healed and has not answered a read of every key in ${recoveryMs} ms`;
}
