import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startCluster } from './cluster.js';
import { median } from './latencies.js';
import { type LoadResult, streamLoad, unaryLoad } from './load.js';

// npm run bench -- [--rounds 5] [--seconds 3] [--bytes 256] [--in-flight 1,16,64,256] [--out FILE]
// Proposals through a three-node cluster of real processes, each acknowledged by a flushed majority. Rounds take turns between unary and
// streamed, so that a machine whose speed drifts treats both alike; figures are medians over rounds.

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    bytes: { type: 'string', default: '256' },
    'in-flight': { type: 'string', default: '1,16,64,256' },
    port: { type: 'string', default: '7900' },
    out: { type: 'string' },
  },
});

const loads = { unary: unaryLoad, streamed: streamLoad } as const;
const levels = values['in-flight'].split(',').map(Number);
const rounds = Number(values.rounds);
const runs: { way: keyof typeof loads; inFlight: number; round: number; result: LoadResult }[] = [];

const cluster = await startCluster(3, Number(values.port));
try {
  for (let round = 1; round <= rounds; round++) {
    for (const inFlight of levels) {
      for (const way of Object.keys(loads) as (keyof typeof loads)[]) {
        const result = await loads[way]({
          leader: cluster.leader,
          inFlight,
          payloadBytes: Number(values.bytes),
          warmUpMs: round === 1 ? 1000 : 200,
          measureMs: Number(values.seconds) * 1000,
        });
        runs.push({ way, inFlight, round, result });
      }
    }
  }
} finally {
  await cluster.stop();
}

const lines = ['way       in flight   proposals/s      p50 ms     p99 ms'];
for (const inFlight of levels) {
  for (const way of Object.keys(loads) as (keyof typeof loads)[]) {
    const of = (pick: (result: LoadResult) => number) =>
      median(runs.filter((run) => run.way === way && run.inFlight === inFlight).map((run) => pick(run.result)));
    lines.push(
      `${way.padEnd(10)}${String(inFlight).padStart(9)}${of((r) => r.perSecond)
        .toFixed(0)
        .padStart(14)}` +
        `${of((r) => r.p50)
          .toFixed(2)
          .padStart(12)}${of((r) => r.p99)
          .toFixed(2)
          .padStart(11)}`,
    );
  }
}
process.stdout.write(`${lines.join('\n')}\n`);
if (values.out !== undefined) {
  writeFileSync(
    values.out,
    `${JSON.stringify({ node: process.version, rounds, bytes: Number(values.bytes), runs }, null, 2)}\n`,
  );
}
