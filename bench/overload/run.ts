import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Client, createClient } from '../../src/client/index.js';
import type { NodeStatus } from '../../src/gen/raftctl/v1/cluster.js';
import { startCluster } from '../cluster.js';
import type { FloodReport } from './flood.js';
import { LoadProcess } from './load-process.js';
import { NodeGauges } from './node-gauges.js';
import { type Scenario, scenarios } from './scenarios.js';

// npm run overload -- [--minutes 1] [--port BASE] [--out FILE]
// Load far beyond what a cluster carries, of nine kinds, again and again until the time is over: real processes, default settings, the load from
// a process of its own. What counts: nobody holds an election, every call ends by an answer or a refusal, memory is bounded, and all is as
// before afterwards. Fails where the leader or the term changed, or a call ended in another way.

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    port: { type: 'string', default: '7900' },
    out: { type: 'string' },
  },
});

/** Metrics of node N are at the base port plus this plus N. */
const metricsOffset = 50;
const MIB = 1024 ** 2;

interface Run extends FloodReport {
  readonly name: string;
  readonly termBefore: number;
  readonly termAfter: number;
  /** Most that an event loop of the leader was late, and most memory that it had, during the scenario. */
  readonly lagMaxMs: number;
  readonly memoryMaxBytes: number;
  /** From the end of the load until one write was acknowledged that came after it. */
  readonly recoveryMs: number;
}

async function play(scenario: Scenario, client: Client, load: LoadProcess): Promise<Run> {
  const { leader, status: before } = await client.leader();
  const gauges = await NodeGauges.watch(`127.0.0.1:${Number(values.port) + metricsOffset + leader.id}`);
  try {
    const { address } = leader;
    if (scenario.crowd !== undefined) await load.gather({ address, ...scenario.crowd });
    const report = await load.flood({ address, ...scenario.flood });
    const endedAt = performance.now();
    await client.kv.put('after', '1');
    const recoveryMs = performance.now() - endedAt;
    await load.leave();
    const { status: after } = await client.leader();
    const terms = { termBefore: termOf(before), termAfter: termOf(after) };
    return { ...report, ...terms, ...(await gauges.most()), name: scenario.name, recoveryMs };
  } finally {
    gauges.stop();
  }
}

const termOf = ({ hardState }: NodeStatus) => hardState?.term ?? 0;

const isUnhurt = ({ termBefore, termAfter, outcomes: { ok, E_OVERLOADED, ...others } }: Run) =>
  termBefore === termAfter && (ok ?? 0) > 0 && Object.keys(others).length === 0;

function row(run: Run): string {
  const { outcomes, served, refused, elapsedMs, lagMaxMs, memoryMaxBytes, recoveryMs, termBefore, termAfter } = run;
  const { ok = 0, E_OVERLOADED: over = 0, ...others } = outcomes;
  const figures = [
    ok,
    over,
    ((ok * 1000) / elapsedMs).toFixed(0),
    served.p50.toFixed(0),
    served.p99.toFixed(0),
    refused.p99.toFixed(0),
    lagMaxMs.toFixed(0),
    (memoryMaxBytes / MIB).toFixed(0),
    recoveryMs.toFixed(0),
    `${termBefore}-${termAfter}`,
  ];
  const strange = Object.keys(others).length === 0 ? '' : `  ${JSON.stringify(others)}`;
  return `${run.name.padEnd(76)}${figures.map((figure) => String(figure).padStart(9)).join('')}${strange}\n`;
}

const titles = ['ok', 'refused', 'ok/s', 'p50 ms', 'p99 ms', 'no p99', 'lag ms', 'MiB', 'back ms', 'term'];
process.stdout.write(`${' '.repeat(76)}${titles.map((title) => title.padStart(9)).join('')}\n`);

const runs: Run[] = [];
const until = performance.now() + Number(values.minutes) * 60_000;
const cluster = await startCluster(3, Number(values.port), 3, (id) => [
  '--metrics',
  `127.0.0.1:${Number(values.port) + metricsOffset + id}`,
]);
const client = createClient({ endpoints: cluster.endpoints, timeoutMs: 60_000 });
const load = new LoadProcess(fileURLToPath(new URL('generator.js', import.meta.url)));
try {
  do {
    for (const scenario of scenarios) {
      const run = await play(scenario, client, load);
      runs.push(run);
      process.stdout.write(row(run));
    }
  } while (performance.now() < until);
} finally {
  await load.stop();
  client.close();
  await cluster.stop();
}
if (values.out !== undefined)
  writeFileSync(values.out, `${JSON.stringify({ node: process.version, runs }, null, 2)}\n`);
const hurt = runs.filter((run) => !isUnhurt(run));
process.stdout.write(
  `${runs.length} runs, ${hurt.length} with an election or a call that ended without an answer or a refusal\n`,
);
process.exitCode = hurt.length === 0 ? 0 : 1;
