import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from './cluster.js';
import { onTerminal } from './terminal.js';

describe('top on a real terminal', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start({ ids: [1, 2, 3], voters: [1, 2, 3] });
    await cluster.succeed(['leader', 'transfer', '1']);
    await cluster.succeed(['kv', 'put', 'a', '1']);
  });
  afterAll(() => cluster.close());

  test('chooses a node, shows what is known of it, and what would be without it', async () => {
    const shown = await onTerminal(['top', '-e', cluster.address(1)], cluster.folder, [
      { once: /> 1 +n1 +leader[\s\S]*FLAGS|FLAGS[\s\S]*> 1 +n1 +leader/, keys: '\u001b[B' },
      { once: /> 2 +n2/, keys: '\r' },
      { once: /node {5}2 {2}n2[\s\S]*load {5}fsync p99 \d[\s\S]*cpu/, keys: 'w' },
      { once: /what if n2 were down: SAFE, NO MARGIN[\s\S]*writes yes/, keys: 'q' },
    ]);
    expect(shown).toContain('tracker  replicate');
    expect(shown).toMatch(/FSYNC +APPLY/);
    // The terminal is given back as it was.
    expect(shown.trimEnd().endsWith('\u001b[?25h\u001b[?1049l')).toBe(true);
  });

  test('nodes tell how fast their disks are in node show and node list, too', async () => {
    const show = await cluster.runText(['node', 'show', '2'], [1]);
    expect(show.stdout).toMatch(/^LOAD +fsync p99 \S+ +apply p99 \S+ +cpu \S+$/m);
    const list = await cluster.runText(['node', 'list', '-o', 'wide'], [1]);
    expect(list.stdout).toMatch(/FSYNC-P99 +APPLY-P99 +CPU +CLOCK\n1 /);
    const { nodes } = await cluster.succeed<{ nodes: { fsyncP99Ms: number | null }[] }>(['node', 'list'], [1]);
    for (const { fsyncP99Ms } of nodes) expect(fsyncP99Ms).toBeGreaterThan(0);
  });
});
