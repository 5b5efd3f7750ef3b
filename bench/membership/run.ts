import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createClient } from '../../src/client/index.js';
import { startCluster } from '../cluster.js';
import { median } from '../latencies.js';
import { carryOut, lead, measuredChanges } from './changes.js';
import { SteadyWriters, type Stretch } from './steady-writers.js';

// npm run bench:membership -- [--rounds 5] [--writers 8] [--port BASE] [--out FILE]
// How long writes stand still while the members change: real processes, default settings, clients that never pause. What counts is the
// longest time between two acknowledged writes, held against the election timeout. Every round is a cluster of its own.

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    writers: { type: 'string', default: '8' },
    port: { type: 'string', default: '7900' },
    out: { type: 'string' },
  },
});

const nodes = 7;
const rounds = Number(values.rounds);
const stretches = new Map<string, Stretch[]>(measuredChanges.map(({ name }) => [name, []]));
let electionTimeoutMs = 0;

for (let round = 1; round <= rounds; round++) {
  const cluster = await startCluster(nodes, Number(values.port), 3);
  const client = createClient({ endpoints: cluster.endpoints, timeoutMs: 60_000 });
  try {
    electionTimeoutMs = (await client.leader()).status.electionTimeoutMs;
    const writers = new SteadyWriters(cluster.endpoints, Number(values.writers));
    await writers.acknowledge(500);
    for (const change of measuredChanges) {
      await lead(client, change.leader);
      await writers.acknowledge(100);
      stretches.get(change.name)?.push(await writers.during(() => carryOut(client, cluster, change)));
    }
    await writers.stop();
  } finally {
    client.close();
    await cluster.stop();
  }
}

const column = (text: string | number) => String(text).padStart(12);
const lines = [
  `${'longest gap between two writes'.padEnd(38)}${['median ms', 'worst ms', 'timeouts', 'slowest ms'].map(column).join('')}`,
];
for (const [name, seen] of stretches) {
  const gaps = seen.map(({ longestGapMs }) => longestGapMs);
  const worst = Math.max(...gaps);
  const slowest = Math.max(...seen.map(({ slowestWriteMs }) => slowestWriteMs));
  const figures = [
    median(gaps).toFixed(0),
    worst.toFixed(0),
    (worst / electionTimeoutMs).toFixed(2),
    slowest.toFixed(0),
  ];
  lines.push(`${name.padEnd(38)}${figures.map(column).join('')}`);
}
lines.push(
  `election timeout ${electionTimeoutMs} ms; ${rounds} rounds; ${values.writers} writers; no acknowledged write is missing`,
);
process.stdout.write(`${lines.join('\n')}\n`);
if (values.out !== undefined) {
  const document = {
    node: process.version,
    rounds,
    writers: Number(values.writers),
    electionTimeoutMs,
    stretches: Object.fromEntries(stretches),
  };
  writeFileSync(values.out, `${JSON.stringify(document, null, 2)}\n`);
}
