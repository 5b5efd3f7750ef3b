import { describe, expect, test } from 'vitest';
import { type Benchmark, measureAll, tableOf } from '../../bench/core/harness.js';
import { idleMemory } from '../../bench/core/idle-memory.js';
import { replicationBenchmarks } from '../../bench/core/replication.js';
import { singleNodeBenchmarks } from '../../bench/core/single-node.js';
import { storageReads } from '../../bench/core/storage-reads.js';

/** The measurements of the core, each done once and not timed, so that none can rot unseen. */

const benchmarks = [...replicationBenchmarks, ...singleNodeBenchmarks];

test('each measures something of its own', () => {
  const names = benchmarks.map(({ name }) => name);
  expect(names.length).toBeGreaterThan(30);
  expect(new Set(names).size).toBe(names.length);
});

test.each(benchmarks.map((one): [string, Benchmark] => [one.name, one]))(
  '%s does its work, again and again',
  (_, one) => {
    const workload = one.prepare();
    for (let slice = 0; slice < 2; slice++) {
      workload.between?.();
      expect(workload.run()).toBeGreaterThan(0);
    }
  },
);

test('replication counts each entry once, however many members apply it', () => {
  for (const one of replicationBenchmarks.filter(({ name }) => /batches of 64$/.test(name))) {
    expect([one.name, one.prepare().run()]).toEqual([one.name, 64]);
  }
});

test('an idle node needs some kilobytes', () => {
  const bytes = idleMemory(200).measure();
  expect(bytes).toBeGreaterThan(1000);
  expect(bytes).toBeLessThan(20_000);
});

test('an entry of a group of one is read from storage once, and little else is asked', () => {
  const reads = storageReads(50).measure();
  expect(reads).toBeGreaterThanOrEqual(1);
  expect(reads).toBeLessThan(20);
});

describe('the harness', () => {
  const effort = { rounds: 3, warmUpMs: 0, measureMs: 0 };

  test('gives the median and the extremes of the rounds, for rates and for gauges', () => {
    const values = [30, 10, 20];
    const gauge = { name: 'g', unit: 'bytes', measure: () => values.shift() ?? 0 };
    expect(measureAll([], [gauge], effort)).toEqual([
      { name: 'g', unit: 'bytes', kind: 'gauge', value: 20, lowest: 10, highest: 30 },
    ]);
    const counted = { runs: 0 };
    const prepare = () => ({ run: () => ++counted.runs });
    const [figure] = measureAll([{ name: 'b', unit: 'run', prepare }], [], effort);
    expect(figure?.lowest).toBeLessThanOrEqual(figure?.value ?? 0);
    expect(figure?.value).toBeLessThanOrEqual(figure?.highest ?? 0);
    // A warm-up and a measurement in each round, of 16 slices each.
    expect(counted.runs).toBe(6 * 16);
  });

  test('prints one line for each figure', () => {
    const table = tableOf([
      { name: 'fast', unit: 'call', kind: 'nanoseconds', value: 50, lowest: 40, highest: 60 },
      { name: 'slow', unit: 'call', kind: 'nanoseconds', value: 2e6, lowest: 2e6, highest: 2e6 },
      { name: 'big', unit: 'bytes', kind: 'gauge', value: 5451, lowest: 5451, highest: 5451 },
    ]);
    const lines = table.trimEnd().split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[1]).toMatch(/^fast +50\.0 ns per call +20,000,000\/s +40 %$/);
    expect(lines[2]).toMatch(/^slow +2000\.0 µs per call +500\/s +0 %$/);
    expect(lines[3]).toMatch(/^big +5,451 bytes +0 %$/);
  });
});
