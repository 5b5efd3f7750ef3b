import { afterEach, describe, expect, it } from 'vitest';
import { ChangePhase, ChangeResult } from '../../../src/gen/raftctl/v1/member.js';
import { put } from '../calls.js';
import { MemoryCluster } from '../memory-cluster.js';
import { begin, change, ended, lead, peers, request, sets, shape } from './changes.js';

let cluster: MemoryCluster;
afterEach(() => cluster.close());

/** Drops the leader of {1,2,3} on its way to {2,3,4,5} as soon as the change is in `phase`. */
async function leaderDiesIn(phase: ChangePhase): Promise<string> {
  cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
  for (const id of [4, 5]) await cluster.start(id);
  const leader = await lead(cluster, 1);
  const id = await begin(leader, { voters: sets(2, 3, 4, 5), peers: peers(4, 5) }, phase);
  await cluster.crash(1);
  return id;
}

describe('a change whose leader dies', () => {
  it.each([
    ChangePhase.PLANNED,
    ChangePhase.ADDING_LEARNERS,
    ChangePhase.CATCHING_UP,
    ChangePhase.ENTERING_JOINT,
    ChangePhase.JOINT,
    ChangePhase.HANDING_OVER,
    ChangePhase.LEAVING_JOINT,
    ChangePhase.VERIFYING,
  ])('is carried on by the next one (phase %i)', async (phase) => {
    // A leader that leaves hands over while joint: in the last two phases it is somebody else who dies.
    const isLate = phase === ChangePhase.LEAVING_JOINT || phase === ChangePhase.VERIFYING;
    const id = isLate ? await heirDiesIn(phase) : await leaderDiesIn(phase);
    const record = await ended(cluster, id);
    expect(record).toMatchObject({ result: ChangeResult.DONE, errorCode: '' });
    const leader = await cluster.leader();
    await cluster.until(() => shape(leader) === '2345///' || undefined);
    expect(leader.node.status()).toMatchObject({ runningChange: '', change: undefined });
    await put(leader, 'after');
  });

  /** The leader that takes over dies as soon as the change is in `phase`. */
  async function heirDiesIn(phase: ChangePhase): Promise<string> {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    for (const id of [4, 5]) await cluster.start(id);
    const leader = await lead(cluster, 2);
    const id = await begin(leader, { voters: sets(2, 3, 4, 5), peers: peers(4, 5) }, phase);
    await cluster.crash(2);
    return id;
  }

  it('is told of by the next leader to whoever asks again with the same id, and made once', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    await cluster.start(4);
    const first = await lead(cluster, 1);
    const wanted = request({ voters: sets(2, 3, 4), peers: peers(4) });
    for await (const { phase } of first.node.changeMembers(wanted)) if (phase === ChangePhase.ADDING_LEARNERS) break;
    await cluster.crash(1);
    const second = await cluster.leader();
    const events = [];
    try {
      for await (const event of second.node.changeMembers(wanted)) events.push(event);
    } catch (thrown) {
      expect(thrown).toMatchObject({ retryable: true });
    }
    expect(events[0]).toMatchObject({ phase: ChangePhase.PLANNED, plan: { to: { voters: [2, 3, 4] } } });
    expect(await ended(cluster, wanted.requestId)).toMatchObject({ result: ChangeResult.DONE });
    const third = await cluster.leader();
    const other = { ...wanted, voters: sets(2, 3) };
    const refused = async () => {
      for await (const event of third.node.changeMembers(other)) expect(event).toBeUndefined();
    };
    await expect(refused()).rejects.toMatchObject({ code: 'E_CONFLICT' });
    expect(third.node.listChanges(0)).toHaveLength(1);
  });

  it('goes on when all nodes stop at once and start again', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await cluster.leader();
    // Node 4 is not there yet: the change waits for it.
    const id = await begin(leader, { voters: sets(1, 2, 3, 4), peers: peers(4) }, ChangePhase.CATCHING_UP);
    for (const node of [1, 2, 3]) await cluster.crash(node);
    for (const node of [1, 2, 3, 4]) await cluster.start(node);
    expect(await ended(cluster, id)).toMatchObject({ result: ChangeResult.DONE, addedLearners: [4] });
    expect(shape(await cluster.leader())).toBe('1234///');
  });
});

describe('of two operators', () => {
  it('one begins, and the other is told so', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await cluster.leader();
    for (const id of [4, 5]) await cluster.start(id);
    const outcomes = await Promise.allSettled([
      change(leader, { learners: sets(4), peers: peers(4) }),
      change(leader, { learners: sets(5), peers: peers(5) }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(outcomes[1]).toMatchObject({ reason: { code: 'E_CHANGE_RUNNING', exitCode: 10, changed: 'no' } });
    expect(shape(leader)).toBe('123//4/');
  });

  it('who ask for the same with one id both see it through', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await cluster.leader();
    await cluster.start(4);
    const wanted = { requestId: 'one', learners: sets(4), peers: peers(4) };
    const [left, right] = await Promise.all([change(leader, wanted), change(leader, wanted)]);
    expect(left.at(-1)).toEqual(right.at(-1));
    expect(leader.node.listChanges(0)).toHaveLength(1);
  });

  it('one has a plan that is stale by the time it is applied', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await cluster.leader();
    for (const id of [4, 5]) await cluster.start(id);
    const wanted = { learners: sets(4), peers: peers(4) };
    const [planned] = await change(leader, { ...wanted, dryRun: true });
    const hash = planned?.plan?.hash ?? '';
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    await change(leader, { learners: sets(5), peers: peers(5) });
    const late = change(leader, { ...wanted, learners: sets(4, 5), planHash: hash });
    await expect(late).rejects.toMatchObject({
      code: 'E_CONFLICT',
      exitCode: 10,
      message: expect.stringContaining('stale'),
    });
    const [again] = await change(leader, { ...wanted, learners: sets(4, 5), dryRun: true });
    const events = await change(leader, { ...wanted, learners: sets(4, 5), planHash: again?.plan?.hash ?? '' });
    expect(events.at(-1)).toMatchObject({ phase: ChangePhase.DONE });
  });
});
