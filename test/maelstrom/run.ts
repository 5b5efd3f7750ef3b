import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { historyLine } from '../linearizability/history.js';
import { type CampaignResult, runCampaign } from './campaign.js';
import { type FaultKind, faultKinds } from './nemesis.js';

/*
 * npm run maelstrom -- [--seed S] [--nodes N] [--seconds T] [--faults KIND,…] [--history FILE]
 *
 * Real processes of raftctl-maelstrom under faults that the seed decides on, clients meanwhile, and the judgement of their history. The
 * seed repeats the faults and the clients' choices; when the processes run is up to the machine. The history is kept where the run failed.
 */

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { seed: text, nodes: text, seconds: text, faults: text, history: text } });
  const seed = wholeNumber('seed', values.seed ?? String(Date.now() % 1_000_000), 0, 2 ** 31);
  const nodes = wholeNumber('nodes', values.nodes ?? '5', 1, 9);
  const seconds = wholeNumber('seconds', values.seconds ?? '60', 1, 3600);
  const faults = (values.faults ?? faultKinds.join(',')).split(',').filter(Boolean).map(faultKind);
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

function faultKind(text: string): FaultKind {
  const kind = faultKinds.find((one) => one === text);
  if (kind === undefined) throw new Error(`there is no fault ${text}; there are ${faultKinds.join(', ')}`);
  return kind;
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new Error(`--${name} takes a whole number from ${min} to ${max}`);
}

main().catch((thrown: unknown) => {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 2;
});
