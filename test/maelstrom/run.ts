import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { oneOf, readOptions, runCommand, text, wholeNumber } from '../command-line/options.js';
import { historyLine } from '../linearizability/history.js';
import { type CampaignResult, runCampaign } from './campaign.js';
import { faultKinds } from './nemesis.js';

const USAGE = `npm run maelstrom -- [--seed S] [--nodes N] [--seconds T] [--faults KIND,…] [--history FILE]

Real processes of raftctl-maelstrom under faults that the seed decides on, clients meanwhile, and the judgement of their history. The
seed repeats the faults and the clients' choices; when the processes run is up to the machine. The history is kept where the run failed.

Faults: ${faultKinds.join(', ')}
`;

async function main(): Promise<void> {
  const values = readOptions(USAGE, { seed: text, nodes: text, seconds: text, faults: text, history: text });
  const seed = wholeNumber('seed', values.seed ?? String(Date.now() % 1_000_000), 0, 2 ** 31);
  const nodes = wholeNumber('nodes', values.nodes ?? '5', 1, 9);
  const seconds = wholeNumber('seconds', values.seconds ?? '60', 1, 3600);
  const faults = (values.faults ?? faultKinds.join(','))
    .split(',')
    .filter(Boolean)
    .map((kind) => oneOf('faults', kind, faultKinds));
  const again = `npm run maelstrom -- --seed ${seed} --nodes ${nodes} --seconds ${seconds} --faults ${faults.join(',')}`;
  process.stdout.write(`seed ${seed}: ${nodes} nodes, ${seconds} s, ${faults.join(', ') || 'no faults'}\n`);
  const dataDir = mkdtempSync(join(tmpdir(), 'raftctl-maelstrom-run-'));
  try {
    const result = await runCampaign({ seed, nodes, seconds, faults, dataDir });
    const path = values.history ?? (result.failure && join(tmpdir(), `raftctl-maelstrom-${seed}.jsonl`));
    if (path) writeFileSync(path, result.history.map(historyLine).join(''));
    report(result, path);
    if (result.failure !== undefined) {
      process.stdout.write(`seed ${seed} failed; again: ${again}\n`);
      process.exitCode = 1;
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function report({ failure, operations, keys, harm, links, carried }: CampaignResult, path: string | undefined): void {
  const { ok, fail, info } = operations;
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none';
  process.stdout.write(`operations: ${ok} answered, ${fail} refused, ${info} unknown, on ${keys} keys\n`);
  process.stdout.write(`faults:     ${list(harm)}\n`);
  process.stdout.write(`links:      ${list(links)}\n`);
  process.stdout.write(`messages:   ${list(carried)}\n`);
  if (path) process.stdout.write(`history:    ${path}\n`);
  process.stdout.write(`${failure ?? 'linearizable, and every key could be read after the last fault'}\n`);
}

await runCommand(main);
