import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureAll, tableOf } from './harness.js';
import { idleMemory } from './idle-memory.js';
import { replicationBenchmarks } from './replication.js';
import { singleNodeBenchmarks } from './single-node.js';
import { storageReads } from './storage-reads.js';

// npm run bench:core -- [--rounds 5] [--warm-up 200] [--milliseconds 500] [--only TEXT] [--json FILE]
// The consensus core alone, in one process: no disk, no network, no codec. Figures are processor time, medians of rounds that take turns.

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    'warm-up': { type: 'string', default: '200' },
    milliseconds: { type: 'string', default: '500' },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
  },
});

const wanted = ({ name }: { name: string }) => name.includes(values.only);
const figures = measureAll(
  [...replicationBenchmarks, ...singleNodeBenchmarks].filter(wanted),
  [idleMemory(1000), storageReads(1000)].filter(wanted),
  { rounds: Number(values.rounds), warmUpMs: Number(values['warm-up']), measureMs: Number(values.milliseconds) },
);
if (figures.length === 0) throw new Error(`nothing has "${values.only}" in its name`);
process.stdout.write(tableOf(figures));
if (values.json !== undefined) {
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length };
  writeFileSync(values.json, `${JSON.stringify({ machine, figures }, null, 2)}\n`);
}
