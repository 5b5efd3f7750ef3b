import { afterEach, describe, expect, it } from 'vitest';
import { randomInt, seededRandom } from '../../../src/base/random.js';
import { type ChangeRecord, ChangeResult } from '../../../src/gen/raftctl/v1/member.js';
import { KeyspacePrefix, prefixed } from '../../../src/node/keyspace.js';
import { put } from '../calls.js';
import { MemoryCluster, type TestNode } from '../memory-cluster.js';
import { change, ended, peers, request, sets, shape } from './changes.js';

let cluster: MemoryCluster;
afterEach(() => cluster.close());

/** All that a node has of the changes and of the history, as text. */
function keyspace({ store }: TestNode): string {
  const start = prefixed(KeyspacePrefix.changes, new Uint8Array());
  const end = prefixed(KeyspacePrefix.history + 1, new Uint8Array());
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  return Array.from(store.view().range({ start, end }), ({ key, value }) => `${hex(key)}=${hex(value)}`).join('\n');
}

/** Resolves when these nodes have applied and flushed all that there is. */
async function level(ids: readonly number[]): Promise<void> {
  await cluster.until(() => {
    const ends = ids
      .map((id) => cluster.at(id))
      .map(({ node, store }) => [store.flushedApplied, node.status().log?.last]);
    return new Set(ends.flat()).size === 1 || undefined;
  });
}

describe('records of changes', () => {
  it('are the same bytes on all nodes, on one that applied them and on one that got them in a snapshot', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await cluster.leader();
    await change(leader, { learners: sets(4), peers: peers(4), reason: 'growth', by: 'ann@ops' });
    await expect(change(leader, { voters: sets(1, 2, 3, 5), peers: peers(5), stallMs: 20 })).rejects.toMatchObject({
      code: 'E_PENDING',
    });
    await change(leader, { learners: sets(4) });
    await leader.node.triggerSnapshot(0);
    await cluster.start(4);
    await put(leader, 'after');
    await level([1, 2, 3, 4]);
    const all = [1, 2, 3, 4].map((id) => keyspace(cluster.at(id)));
    expect(all[0]?.length).toBeGreaterThan(1000);
    expect(new Set(all).size).toBe(1);
    const records = cluster.at(4).node.listChanges(0);
    expect(records.map(({ result }) => result)).toEqual([ChangeResult.DONE, ChangeResult.FAILED, ChangeResult.DONE]);
    expect(records.at(-1)).toMatchObject({ request: { reason: 'growth', by: 'ann@ops' } });
    expect(cluster.at(4).node.listChanges(1)).toEqual(records.slice(0, 1));
  });

  it('survive a restart', async () => {
    cluster = await MemoryCluster.bootstrapped([1]);
    const leader = await cluster.leader();
    await change(leader, { requestId: 'first', learners: sets(2), peers: peers(2) });
    await level([1]);
    const before = leader.node.listChanges(0);
    await cluster.crash(1);
    await cluster.start(1);
    const again = await cluster.leader();
    expect(again.node.listChanges(0)).toEqual(before);
    const events = await change(again, { requestId: 'first', learners: sets(2), peers: peers(2) });
    expect(events.at(-1)).toMatchObject({ changeId: 'first', text: 'done' });
  });
});

describe('changes under nodes that die by chance', () => {
  const seed = Number(process.env['RAFTCTL_SEED'] ?? 20261121);

  it(`end as their records say (RAFTCTL_SEED=${seed})`, { timeout: 120_000 }, async () => {
    const random = seededRandom(seed);
    const everybody = [1, 2, 3, 4, 5, 6];
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    for (const id of [4, 5, 6]) await cluster.start(id);
    for (let round = 0; round < 8; round++) {
      const drawn = everybody.toSorted(() => random() - 0.5);
      const voters = drawn.slice(0, randomInt(random, 1, 6)).toSorted();
      const wanted = request({
        voters: sets(...voters),
        learners: sets(),
        peers: peers(...voters),
        reason: `round ${round}`,
      });
      const isTakenBack = random() < 0.3;
      const before = shape(await cluster.leader());
      const record = await seeThrough(wanted, random, isTakenBack);
      const leader = await cluster.leader();
      const now = shape(leader);
      const context = `seed ${seed}, round ${round}: ${before} to ${voters.join('')} came to ${now}`;
      if (record === undefined) expect(now, context).toBe(`${voters.join('')}///`);
      else if (record.result === ChangeResult.DONE) expect(now, context).toBe(`${voters.join('')}///`);
      else {
        expect(record.result, context).toBe(ChangeResult.ABORTED);
        expect(isTakenBack, context).toBe(true);
        expect(now, context).toBe(before);
      }
      expect(leader.node.status().runningChange, context).toBe('');
      await put(leader, `round-${round}`);
    }
    const members = [...(await cluster.leader()).node.listMembers().confState.voters];
    await level(members);
    expect(new Set(members.map((id) => keyspace(cluster.at(id)))).size).toBe(1);
  });

  /** Asks until the change has ended, while nodes die and come back. Undefined where there was nothing to change. */
  async function seeThrough(
    wanted: ReturnType<typeof request>,
    random: () => number,
    isTakenBack: boolean,
  ): Promise<ChangeRecord | undefined> {
    for (let tries = 0; ; tries++) {
      const leader = await cluster.leader();
      let left = tries < 3 ? randomInt(random, 1, 8) : Number.POSITIVE_INFINITY;
      try {
        for await (const event of leader.node.changeMembers(wanted)) {
          if (event.unchanged) return undefined;
          if (--left > 0) continue;
          if (isTakenBack) await leader.node.abortChange({ id: wanted.requestId, reason: 'chance', by: '' });
          break;
        }
        if (left > 0) return await ended(cluster, wanted.requestId);
        await cluster.crash(leader.id);
        await cluster.start(leader.id);
      } catch (thrown) {
        expect(thrown, `seed ${seed}`).toMatchObject({ code: expect.stringMatching(expected) });
      }
    }
  }

  /** What a call may end with whose leader dies, is not the leader any more, or is only just elected. */
  const expected = /^E_(OUTCOME_UNKNOWN|NOT_LEADER|NO_LEADER|NO_QUORUM|STOPPED|CONFLICT|REFUSED|TRANSFER_IN_PROGRESS)$/;
});
