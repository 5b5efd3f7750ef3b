import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ending, startBinary } from './binary.js';
import { TestCluster } from './cluster.js';
import type { ClusterStatus } from './documents.js';

interface Event {
  readonly seq: number;
  readonly type: string;
  readonly node: number | null;
  readonly cause: string;
}

describe('what happens is told', () => {
  let cluster: TestCluster;
  let watching: ChildProcess;
  let told = '';
  const events = () =>
    told
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Event);

  /** Resolves when an event has been told that fits; asks for nothing. */
  const until = (what: string, fits: (event: Event) => boolean) =>
    new Promise<Event>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`nobody told of ${what}: ${told}`)), 30_000);
      const look = () => {
        const found = told.endsWith('\n') ? events().find(fits) : undefined;
        if (found === undefined) return;
        clearTimeout(limit);
        watching.stdout?.off('data', look);
        resolve(found);
      };
      watching.stdout?.on('data', look);
      look();
    });

  beforeAll(async () => {
    cluster = await TestCluster.start({ ids: [1, 2, 3], voters: [1, 2, 3] });
    await cluster.succeed(['leader', 'transfer', '1']);
    const args = ['watch', '-o', 'ndjson', '--since', '0', '-e', cluster.endpoints([1, 2, 3])];
    watching = startBinary(args, cluster.folder);
    watching.stdout?.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
  });
  afterAll(async () => {
    watching.kill('SIGKILL');
    await cluster.close();
  });

  test('to a watcher, from the beginning', async () => {
    expect(await until('the first leader', ({ type }) => type === 'leader')).toMatchObject({ type: 'leader' });
  });

  test('and on, whichever node dies, nothing twice and nothing left out', async () => {
    for (const victim of [1, 2, 3]) {
      await cluster.kill(victim);
      await until(`node ${victim} out of reach`, ({ cause, node }) => cause === 'unreachable' && node === victim);
      await cluster.startNode(victim);
      await cluster.succeed(['wait', 'healthy', '--timeout', '30s']);
    }
    const { events: all } = await cluster.succeed<{ events: Event[] }>(['cluster', 'history', '--limit', '1000']);
    await until('the last event', ({ seq }) => seq === all.at(-1)?.seq);
    const seqs = events().map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    expect(seqs.slice(0, all.length)).toEqual(all.map(({ seq }) => seq).slice(0, seqs.length));
  });

  test('a watcher whose reader has gone ends by itself', async () => {
    const args = ['watch', '--since', '0', '-e', cluster.endpoints([1, 2, 3])];
    const child = startBinary(args, cluster.folder);
    child.stdout?.once('data', () => child.stdout?.destroy());
    const ended = ending(child);
    // It notices when it writes: something has to happen.
    const { leader } = await cluster.succeed<ClusterStatus>(['status']);
    await cluster.succeed(['leader', 'transfer', String(leader?.id === 1 ? 2 : 1)]);
    await cluster.succeed(['leader', 'transfer', String(leader?.id === 3 ? 2 : 3)]);
    expect(await ended).toEqual({ exitCode: 0, signal: null });
  });
});
