import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from './cluster.js';
import type { ClusterStatus } from './documents.js';
import { onTerminal } from './terminal.js';

/** The page that shows what is seen here; `REWRITE=1` puts what this run saw into it. */
const page = fileURLToPath(new URL('../../docs/status.md', import.meta.url));

/** Puts a picture into the page, below the mark of its name. */
function keepPicture(name: string, command: string, picture: string): void {
  const text = readFileSync(page, 'utf8');
  const block = new RegExp(`(<!-- ${name} -->\n)\`\`\`console\n[\\s\\S]*?\n\`\`\``);
  expect(text, `${page} has a place for ${name}`).toMatch(block);
  const shown = `$ ${command}\n${picture.trimEnd()}`;
  if (process.env['REWRITE'] === '1')
    writeFileSync(
      page,
      text.replace(block, () => `<!-- ${name} -->\n\`\`\`console\n${shown}\n\`\`\``),
    );
}

describe('status', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start({ ids: [1, 2, 3, 4, 5], voters: [1, 2, 3] });
    await cluster.succeed(['leader', 'transfer', '1']);
    for (const key of ['a', 'b', 'c']) await cluster.succeed(['kv', 'put', key, '1']);
  });
  afterAll(() => cluster.close());

  /** Through a pipe and on a terminal, the second into the page. */
  async function look(name: string, exitCode: number): Promise<{ pipe: string; terminal: string }> {
    const piped = await cluster.runText(['status'], [1]);
    expect(piped.exitCode).toBe(exitCode);
    const terminal = await onTerminal(['status', '-e', cluster.address(1)], cluster.folder);
    const widest = Math.max(...terminal.split('\n').map(({ length }) => length));
    expect(widest, terminal).toBeLessThanOrEqual(80);
    expect(Math.max(...piped.stdout.split('\n').map(({ length }) => length)), piped.stdout).toBeLessThanOrEqual(80);
    keepPicture(`${name}, on a terminal`, 'raftctl status', terminal);
    keepPicture(`${name}, through a pipe`, 'raftctl status | cat', piped.stdout);
    return { pipe: piped.stdout, terminal };
  }

  test('of a cluster that is well has nothing to warn of', async () => {
    await cluster.succeed(['wait', 'healthy', '--timeout', '30s']);
    const { pipe, terminal } = await look('healthy', 0);
    for (const text of [pipe, terminal]) {
      expect(text).toMatch(/HEALTH {2}healthy[\s\S]*LEADER +n1, term \d+, for /);
      expect(text).toMatch(/QUORUM {3}needs 2 of 3, live 3 -> tolerates 1 more failure\n/);
      expect(text).not.toContain('!');
    }
    expect(pipe).toMatch(/^ID {2}NAME {2}ROLE {6}STATE {6}ADDRESS +MATCH +LAG/m);
    const { stdout: wide } = await cluster.runText(['status', '-o', 'wide'], [1]);
    expect(wide).toMatch(/^ID .* ADDRESS +MATCH +LAG +LAST-SEEN +RTT +DB +VERSION +NEXT .* UPTIME$/m);
  });

  test('of one that has lost a voter says what one more would cost, and what to do next', async () => {
    await cluster.kill(3);
    await cluster.until(
      'degraded',
      () => cluster.succeed<ClusterStatus>(['status'], [1]),
      ({ health, nodes }) => health === 'degraded' && nodes.some(({ id, reachable }) => id === 3 && !reachable),
    );
    await cluster.until(
      'without margin',
      async () => (await cluster.runText(['status'], [1])).stdout,
      (text) => text.includes('one more voter failure'),
    );
    const { pipe, terminal } = await look('degraded', 0);
    expect(pipe).toMatch(/tolerates 0 more failures \(1 when all are up\)/);
    expect(pipe).toMatch(/^! n3 is unreachable/m);
    expect(pipe).toMatch(/^! one more voter failure \(n1 or n2\) stops writes\.$/m);
    expect(pipe).not.toContain('next:');
    expect(terminal).toMatch(/^ {2}next: raftctl cluster doctor · /m);
  });

  test('of one without a leader still shows every node, and ends with exit 6', async () => {
    await cluster.kill(2);
    await cluster.until(
      'without a leader',
      () => cluster.run<ClusterStatus>(['status'], [1]),
      ({ json }) => json.data !== null && json.data.leader === null,
    );
    const { pipe } = await look('leaderless', 6);
    expect(pipe).toMatch(/HEALTH {2}unavailable {3}LEADER {2}none/);
    expect(pipe).toMatch(/live 1 -> no majority: writes have stopped/);
    expect(pipe).toMatch(/^! there is no leader/m);
    const doctor = await cluster.runText(['cluster', 'doctor'], [1]);
    expect(doctor.exitCode).toBe(5);
    expect(doctor.stdout).toMatch(/^1 {2}ACTS NOW {2}nothing is written: 1 of 3 voters is in reach, 2 are needed$/m);
  });

  test('of a joint configuration shows both halves, and who is in which', async () => {
    await Promise.all([cluster.startNode(2), cluster.startNode(3)]);
    await cluster.succeed(['wait', 'healthy', '--timeout', '30s']);
    const peers = [4, 5].flatMap((id) => ['--peer', `${id}=${cluster.address(id)}`]);
    await cluster.run(['member', 'change', '--voters', '1,4,5', '--explicit-leave', '--yes', ...peers], [1, 2, 3]);
    await cluster.until(
      'joint',
      () => cluster.succeed<ClusterStatus>(['status'], [1]),
      ({ config }) => config.joint,
    );
    const { pipe } = await look('joint', 0);
    expect(pipe).toMatch(/CONFIG {3}joint @\d+ {3}voters 1,4,5 {3}and of before 1,2,3/);
    expect(pipe).toMatch(/^ID {2}NAME {2}ROLE +SET +STATE/m);
    expect(pipe).toMatch(/^2 +n2 .*voter\(out\)/m);
    expect(pipe).toMatch(/^4 +n4 .*voter\(in\)/m);
  });

  test('of one that is stuck between two configurations says which half is missing', async () => {
    await cluster.kill(4, 5);
    await cluster.until(
      'without a leader',
      () => cluster.run<ClusterStatus>(['status'], [1]),
      ({ json }) => json.data !== null && json.data.leader === null,
    );
    const { pipe } = await look('stuck', 6);
    // However the lines are broken.
    const words = pipe.replaceAll(/\s+/g, ' ');
    expect(words).toMatch(
      /incoming needs 2 of 3, live 1 and outgoing needs 2 of 3, live 3 -> no majority: writes have stopped/,
    );
    expect(words).toMatch(/It can go neither on nor back: no majority of incoming/);
    const doctor = await cluster.runText(['cluster', 'doctor'], [1]);
    expect(doctor.stdout).toContain('1 of 3 voters of {1,4,5} is in reach, 2 are needed');
    keepPicture('stuck, what the doctor says', 'raftctl cluster doctor', doctor.stdout);
  });
});
