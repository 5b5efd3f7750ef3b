import { afterEach, expect, it } from 'vitest';
import { StateHashPhase } from '../../src/gen/raftctl/v1/cluster.js';
import { KvCommand } from '../../src/gen/raftctl/v1/kv.js';
import { CommandKind } from '../../src/gen/raftctl/v1/proposal.js';
import { StateHash } from '../../src/node/state-hash.js';
import { MemoryCluster } from './memory-cluster.js';

let cluster: MemoryCluster;
afterEach(() => cluster.close());

const now = { at: 0, bytesPerSecond: 0 };

function put(key: string, value: string) {
  const payload = KvCommand.encode({ op: { $case: 'put', value: { key, value } } }).finish();
  return cluster.onLeader(({ node }) => node.propose({ kind: CommandKind.MACHINE, payload }));
}

/** What a node says of its hash once there is no more to wait for. */
function hashOf(id: number, index: number) {
  return cluster.until(() => {
    const answer = cluster.at(id).node.stateHashes.result(index);
    const isOver = answer.phase === StateHashPhase.DONE || answer.phase === StateHashPhase.MISSED;
    return isOver ? answer : undefined;
  });
}

async function hashesOf(ids: readonly number[], index: number): Promise<string[]> {
  return (await Promise.all(ids.map((id) => hashOf(id, index)))).map(({ hash, reason }) => hash || reason);
}

it('comes to the same on all nodes while writes go on, whatever each has flushed and however it batches', async () => {
  cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
  let isOver = false;
  const writing = (async () => {
    for (let at = 0; !isOver; at++)
      await Promise.all([put(`a${at % 50}`, `${at}`), put('b', `"${'x'.repeat(at % 99)}"`)]);
  })();
  const found: string[] = [];
  for (let round = 0; round < 5; round++) {
    const { index } = await cluster.onLeader(({ node }) => node.stateHashes.begin(now));
    const [first, ...others] = await hashesOf([1, 2, 3], index);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(others).toEqual([first, first]);
    found.push(first ?? '');
  }
  isOver = true;
  await writing;
  expect(new Set(found).size).toBe(5);
});

it('is that of a node that came by its state through a snapshot, too', async () => {
  cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
  const { id: leader } = await cluster.leader();
  const away = leader === 3 ? 2 : 3;
  await cluster.crash(away);
  for (let at = 0; at < 20; at++) await put(`key ${at}`, '1');
  await cluster.onLeader(({ node }) => node.triggerSnapshot(0));
  await cluster.start(away);
  const { index } = await cluster.onLeader(({ node }) => node.stateHashes.begin(now));
  const hashes = await hashesOf([1, 2, 3], index);
  expect(new Set(hashes).size).toBe(1);
});

it('is another one where a single value is', async () => {
  cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
  await put('colour', '"green"');
  const { id: leader } = await cluster.leader();
  const bad = leader === 3 ? 2 : 3;
  const { store } = cluster.at(bad);
  // A state machine that looked at a clock would do as much.
  store.beginApply().put(Buffer.from('\x01shape'), Buffer.from('round'));
  await store.write({ entries: [], applied: store.applied });
  const { index } = await cluster.onLeader(({ node }) => node.stateHashes.begin(now));
  const hashes = new Map(await Promise.all([1, 2, 3].map(async (id) => [id, (await hashOf(id, index)).hash] as const)));
  const [same, other] = [hashes.get(leader), hashes.get(bad)];
  expect([...hashes.values()].filter((hash) => hash === same)).toHaveLength(2);
  expect(other).not.toBe(same);
});

it('is made behind a later entry where that is asked for, and not of one that is past', async () => {
  cluster = await MemoryCluster.bootstrapped([1]);
  const { node, store } = await cluster.leader();
  const at = store.lastIndex() + 3;
  expect(await node.stateHashes.begin({ at, bytesPerSecond: 0 })).toEqual({ index: at });
  expect(node.stateHashes.result(at).phase).toBe(StateHashPhase.WAITING);
  await put('a', '1');
  await put('b', '2');
  expect((await hashOf(1, at)).phase).toBe(StateHashPhase.DONE);
  await put('c', '3');
  await expect(node.stateHashes.begin({ at, bytesPerSecond: 0 })).rejects.toMatchObject({ code: 'E_USAGE' });
});

it('is missed by a node that was restarted since, which says so', async () => {
  cluster = await MemoryCluster.bootstrapped([1]);
  const { index } = await cluster.onLeader(({ node }) => node.stateHashes.begin(now));
  await hashOf(1, index);
  await cluster.crash(1);
  await cluster.start(1);
  expect(await hashOf(1, index)).toMatchObject({
    phase: StateHashPhase.MISSED,
    reason: expect.stringContaining('restarted since'),
  });
});

it('is made one at a time, no faster than is asked for, and given up when the node stops', async () => {
  cluster = await MemoryCluster.bootstrapped([1]);
  for (let at = 0; at < 4; at++) await put(`key ${at}`, `"${'x'.repeat(200_000)}"`);
  const { node } = await cluster.leader();
  // At this rate the second slice is due in a week.
  const { index } = await node.stateHashes.begin({ at: 0, bytesPerSecond: 1 });
  await cluster.until(() => node.stateHashes.result(index).bytes || undefined);
  await expect(node.stateHashes.begin(now)).rejects.toMatchObject({ code: 'E_CONFLICT', retryable: true });
  expect((await put('still', '"writable"')).index).toBeGreaterThan(index);
  await node.stop();
  expect(await hashOf(1, index)).toMatchObject({ phase: StateHashPhase.MISSED });
});

it('covers where apply stands and the configuration, in whatever order its sets are kept', () => {
  const mark = {
    index: 5,
    term: 2,
    configIndex: 3,
    confState: { voters: [1, 2], learners: [3], votersOutgoing: [], learnersNext: [], autoLeave: false },
  };
  const hash = (changed: Partial<typeof mark>) => new StateHash({ ...mark, ...changed }).digest();
  const { confState } = mark;
  expect(hash({ confState: { ...confState, voters: [2, 1] } })).toBe(hash({}));
  const others = [
    hash({ index: 6 }),
    hash({ term: 3 }),
    hash({ configIndex: 4 }),
    hash({ confState: { ...confState, voters: [1], learners: [2, 3] } }),
    hash({ confState: { ...confState, autoLeave: true } }),
  ];
  expect(new Set([hash({}), ...others]).size).toBe(6);
});
