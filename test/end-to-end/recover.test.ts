import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RecoveryPlan } from '../../src/recovery/index.js';
import { TestCluster } from './cluster.js';
import { Load, missingWrites } from './load.js';
import { localPairs } from './plain-client.js';
import { raftctl } from './raftctl.js';

const [survivors, lost] = [
  [1, 2],
  [3, 4, 5],
];
const ids = [...survivors, ...lost];
let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.start({ ids, voters: ids });
});
afterAll(() => cluster.close());

/** A command on files, which asks no node. */
const offline = <Data>(...args: readonly string[]) => raftctl<Data>([...args, '--json'], cluster.folder);

test('three of five nodes are lost for good: the others go on with all that was acknowledged, and the lost ones are fenced off', async () => {
  // The leader survives, and it has every write that was acknowledged.
  await cluster.succeed(['leader', 'transfer', '1']);
  const load = Load.start(survivors.map((id) => cluster.address(id)));
  await load.acknowledges(100);
  await cluster.kill(...lost);

  const running = await offline('recover', 'collect', '--data-dir', cluster.dataDir(1), '--out', 'n1.json');
  expect([running.exitCode, running.json.errors[0]?.code]).toEqual([10, 'E_DATA_DIR_LOCKED']);
  await cluster.kill(...survivors);
  for (const id of survivors) {
    await offline('recover', 'collect', '--data-dir', cluster.dataDir(id), '--out', `n${id}.json`).then(
      ({ data }) => data,
    );
  }
  const plan = ['recover', 'plan', 'n1.json', 'n2.json', '--out', 'rec.json'];
  expect((await offline(...plan, '--lost', '3,4')).exitCode).toBe(9);
  expect((await offline(...plan, '--lost', lost.join(','))).exitCode).toBe(11);
  const { clusterId } = (
    await offline<RecoveryPlan>('recover', 'plan', 'n1.json', 'n2.json', '--lost', '3,4,5', '--dry-run')
  ).data;
  const { base } = (await offline<RecoveryPlan>(...plan, '--lost', '3,4,5', '--confirm', clusterId)).data;
  expect(base).toBe(1);

  const confirmed = ['--confirm', clusterId];
  const apply = (id: number, ...more: string[]) =>
    offline<{ snapshot: string; already: boolean }>(
      'recover',
      'apply',
      'rec.json',
      '--data-dir',
      cluster.dataDir(id),
      ...confirmed,
      ...more,
    );
  const { snapshot } = (await apply(base)).data;
  expect((await apply(2, '--snapshot', snapshot)).data.already).toBe(false);
  expect((await apply(base)).data.already).toBe(true);

  await Promise.all(survivors.map((id) => cluster.startNode(id)));
  // The writers have tried all the time, and each goes on with the very write that was cut off.
  await load.acknowledges(50);
  const verified = await cluster.run<{ ok: boolean }>(['recover', 'verify', 'rec.json'], survivors);
  expect([verified.exitCode, verified.data.ok]).toEqual([0, true]);

  await Promise.all(lost.map((id) => cluster.startNode(id)));
  for (const id of lost) {
    // A turn of the event loop each time: what the node writes has to come in meanwhile.
    const log = () => nextTurn(cluster.node(id).stderr);
    await cluster.until(`node ${id} fenced off`, log, (text) => text.includes('recovered without this node'));
  }
  expect((await cluster.run(['kv', 'put', 'lost', '1', '--timeout', '2s', '--no-discover'], lost)).exitCode).not.toBe(
    0,
  );
  await load.acknowledges(20);
  await load.stop();
  // The other survivor may lead: the base then applies the last writes a moment after they were acknowledged.
  const caughtUp = ['wait', `node=${base}:caught-up`, '--timeout', '30s'];
  expect((await cluster.run(caughtUp, survivors)).exitCode).toBe(0);
  const pairs = await localPairs(cluster.address(base));
  expect(missingWrites(load.acknowledged.values(), pairs)).toEqual([]);
  expect(pairs.has('lost')).toBe(false);

  // It has heard that it was given up, so nobody needs to be asked; its id does not come back.
  await cluster.kill(3);
  await offline('node', 'reset', '--data-dir', cluster.dataDir(3), ...confirmed).then(({ data }) => data);
  const again = cluster.launch(3, cluster.dataDir(3));
  expect(await again.ended).toEqual({ exitCode: 14, signal: null });
}, 120_000);
