import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { TestCluster } from './cluster.js';
import type { ClusterStatus } from './documents.js';
import { raftctl } from './raftctl.js';

interface AuditList {
  readonly records: readonly {
    readonly seq: number;
    readonly who: string;
    readonly verb: string;
    readonly result: string;
  }[];
}

describe('a cluster in which everybody shows who he is', () => {
  let cluster: TestCluster;
  let clusterId: string;
  const ids = [1, 2, 3] as const;

  const certificate = (name: string, dir = 'certs') => join(cluster.folder, dir, `${name}.pem`);
  const asClient = (name: string) => [
    ...['--cacert', certificate('ca'), '--cert', certificate(name), '--key', certificate(`${name}-key`)],
  ];
  const asNode = (id: number) => [
    ...['--tls-ca', certificate('ca'), '--tls-cert', certificate(`node-${id}`)],
    ...['--tls-key', certificate(`node-${id}-key`)],
  ];
  const run = <Data>(name: string, ...args: string[]) => cluster.run<Data>([...args, ...asClient(name)], ids);

  beforeAll(async () => {
    cluster = await TestCluster.prepare({ ids: [1, 2, 3, 4] });
    const nodes = [1, 2, 3, 4].flatMap((id) => ['--node', `${id}=127.0.0.1`]);
    const clients = ['admin:ops', 'operator:ci', 'viewer:grafana'].flatMap((client) => ['--client', client]);
    const certs = ['certs', 'create', '--dir', 'certs', ...nodes, ...clients, '--json'];
    ({ clusterId } = (await raftctl<{ clusterId: string }>(certs, cluster.folder)).data);
    await Promise.all(ids.map((id) => cluster.startNode(id, asNode(id))));
    const members = ids.flatMap((id) => ['--node', `${id}=${cluster.address(id)}`]);
    const bootstrap = ['cluster', 'bootstrap', ...members, '--cluster-id', clusterId, ...asClient('ops'), '--json'];
    expect((await raftctl(bootstrap, cluster.folder)).exitCode).toBe(0);
    expect((await run('grafana', 'wait', 'leader', '--timeout', '30s')).exitCode).toBe(0);
  });
  afterAll(() => cluster.close());

  test('everybody may do what his role says, and is told what he lacks', async () => {
    expect((await run('ci', 'kv', 'put', 'colour', '"green"')).exitCode).toBe(0);
    expect((await run('grafana', 'kv', 'get', 'colour')).exitCode).toBe(0);
    const denied = await run('grafana', 'kv', 'put', 'colour', '"red"');
    expect(denied.exitCode).toBe(4);
    expect(denied.json.errors[0]).toMatchObject({
      code: 'E_PERMISSION',
      message: 'raftctl.v1.KvService/Put needs the role operator, and grafana has viewer',
    });
    expect((await run('ci', 'member', 'remove', '3', '--yes')).exitCode).toBe(4);
    const { data } = await run<{ pair: unknown }>('grafana', 'kv', 'get', 'colour');
    expect(JSON.stringify(data)).toContain('green');

    const whoami = await run<{ name: string; role: string }>('ci', 'auth', 'whoami');
    expect(whoami.data).toMatchObject({ name: 'ci', role: 'operator', via: 'certificate' });
    expect((await run('ci', 'auth', 'can-i', 'node', 'drain')).exitCode).toBe(0);
    expect((await run('ci', 'auth', 'can-i', 'member', 'change')).exitCode).toBe(4);
  });

  test('the trail has who asked, whichever node was asked, and goes on from where somebody left', async () => {
    const status = (await run<ClusterStatus>('grafana', 'status')).data;
    const follower = ids.find((id) => id !== status.leader?.id) ?? 1;
    expect((await run('ci', 'node', 'drain', String(follower))).exitCode).toBe(0);
    expect((await run('ci', 'node', 'undrain', String(follower))).exitCode).toBe(0);
    const list = async (...args: string[]) => (await run<AuditList>('grafana', 'audit', 'list', ...args)).data.records;
    const records = await cluster.until(
      'written down',
      () => list('--who', 'ci'),
      (found) => found.length >= 2,
    );
    expect(records.map(({ verb, result }) => [verb, result])).toEqual([
      ['node drain', 'ok'],
      ['node undrain', 'ok'],
    ]);
    expect(await list('--since', String(records[0]?.seq), '--who', 'ci')).toEqual(records.slice(1));
    expect(await list('--verb', 'cluster bootstrap')).toHaveLength(3);
  });

  test('a stranger is refused, with the reason in the log, and nothing comes of it', async () => {
    const [bare, plain] = await Promise.all([
      cluster.run(['kv', 'put', 'colour', '"red"', '--cacert', certificate('ca')], ids),
      cluster.run(['kv', 'put', 'colour', '"red"'], ids),
    ]);
    expect([bare.exitCode, plain.exitCode]).toEqual([3, 3]);

    const strange = ['certs', 'create', '--dir', 'strange', '--node', '4=127.0.0.1', '--cluster-id', clusterId];
    expect((await raftctl(strange, cluster.folder)).exitCode).toBe(0);
    const joining = ['--join', cluster.address(1)];
    // It trusts the cluster; the cluster does not trust it.
    const shown = ['--tls-cert', certificate('node-4', 'strange'), '--tls-key', certificate('node-4-key', 'strange')];
    const stranger = await cluster.startNode(4, ['--tls-ca', certificate('ca'), ...shown, ...joining]);
    await vi.waitUntil(() => /connection refused.*not one of our authority/.test(cluster.node(1).stderr), 45_000);
    await stranger.kill();
    const announced = async () => (await run<{ announced: unknown[] }>('grafana', 'member', 'list')).stdout;
    expect(await announced()).not.toContain(cluster.address(4));

    cluster.wipe(4);
    await cluster.startNode(4, [...asNode(4), ...joining]);
    await cluster.until('announced', announced, (text) => text.includes(cluster.address(4)));
  });
});
