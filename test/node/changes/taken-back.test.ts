import { afterEach, describe, expect, it } from 'vitest';
import { ProgressState } from '../../../src/gen/raftctl/v1/cluster.js';
import { ChangePhase, ChangeResult } from '../../../src/gen/raftctl/v1/member.js';
import { put } from '../calls.js';
import { MemoryCluster, type TestNode } from '../memory-cluster.js';
import { begin, change, ended, lead, peers, sets, shape } from './changes.js';

let cluster: MemoryCluster;
afterEach(() => cluster.close());

const abort = ({ node }: TestNode, id: string) => node.abortChange({ id, reason: 'second thoughts', by: 'ann@ops' });

describe('a change that is taken back', () => {
  it('while it waits for a new voter removes the learners that it added', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await cluster.leader();
    // Neither of them is there.
    const id = await begin(leader, { voters: sets(1, 2, 3, 4, 5), peers: peers(4, 5) }, ChangePhase.CATCHING_UP);
    expect(shape(leader)).toBe('123//45/');
    const answer = await abort(leader, id);
    expect(answer).toMatchObject({
      notedOnly: false,
      change: { abortRequested: true, abortReason: 'second thoughts' },
    });
    expect(await ended(cluster, id)).toMatchObject({ result: ChangeResult.ABORTED, phase: ChangePhase.ABORTED });
    expect(shape(leader)).toBe('123///');
    expect(leader.node.listMembers().members.map((member) => member.id)).toEqual([1, 2, 3]);
    await expect(abort(leader, id)).rejects.toMatchObject({
      code: 'E_CONFLICT',
      hint: `raftctl member change revert ${id}`,
    });
  });

  it('just after it began leaves everything as it was', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await cluster.leader();
    const id = await begin(leader, { voters: sets(1, 2, 3, 4), peers: peers(4) });
    await abort(leader, '');
    expect(await ended(cluster, id)).toMatchObject({ result: ChangeResult.ABORTED });
    expect(shape(leader)).toBe('123///');
  });

  it('while joint is rolled back in one step, and what it had added goes', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    for (const id of [4, 5]) await cluster.start(id);
    const leader = await lead(cluster, 1);
    await change(leader, { voters: sets(1, 4, 5), peers: peers(4, 5), explicitLeave: true });
    const [{ id } = { id: '' }] = leader.node.listChanges(0);
    expect(shape(leader)).toBe('145/123//');
    await put(leader, 'while joint');
    await abort(leader, id);
    expect(await ended(cluster, id)).toMatchObject({ result: ChangeResult.ABORTED });
    expect(shape(leader)).toBe('123///');
    const causes = await cluster.until(() => {
      const { events } = leader.node.listEvents({ since: 0, types: [], limit: 0 });
      return events.at(-1)?.cause === 'aborted' ? events.filter(({ changeId }) => changeId === id) : undefined;
    });
    expect(causes.map(({ cause }) => cause)).toEqual([
      'begun',
      'changed',
      'changed',
      'entered-joint',
      'abort-requested',
      'rolled-back',
      'changed',
      'changed',
      'aborted',
    ]);
  });

  it('brings learners back that it had taken away', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    for (const id of [4, 5]) await cluster.start(id);
    const leader = await lead(cluster, 1);
    await change(leader, { learners: sets(4), peers: peers(4) });
    const wanted = { voters: sets(1, 3), learners: sets(2, 5), peers: peers(5), explicitLeave: true };
    await change(leader, wanted);
    expect(shape(leader)).toBe('13/123/5/2');
    await abort(leader, '');
    await cluster.until(() => shape(leader) === '123//4/' || undefined);
    expect(leader.node.listMembers().members.map(({ address }) => address)).toContain(peers(4)[0]?.address);
  });

  it('cannot be once its last configuration is made: the way back is another change', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await lead(cluster, 1);
    const id = await begin(leader, { voters: sets(1, 3) }, ChangePhase.VERIFYING).catch(() => '');
    await cluster.until(() => shape(leader) === '13///' || undefined);
    const { id: last } = leader.node.listChanges(1)[0] ?? { id };
    await expect(abort(leader, last)).rejects.toMatchObject({ code: 'E_CONFLICT' });
    await expect(abort(leader, 'nobody knows')).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });

  it('by a node that does not lead is taken to the leader', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await lead(cluster, 1);
    const id = await begin(leader, { voters: sets(1, 2, 3, 4), peers: peers(4) }, ChangePhase.CATCHING_UP);
    await expect(abort(cluster.at(2), id)).rejects.toMatchObject({ code: 'E_NOT_LEADER', leaderHint: { id: 1 } });
  });
});

describe('a joint configuration without one of its majorities', () => {
  /** {1,2,3} on its way to {3,4,5}, joint, and 4 and 5 are gone. */
  async function stuck(): Promise<string> {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    for (const id of [4, 5]) await cluster.start(id);
    const leader = await lead(cluster, 3);
    await change(leader, { voters: sets(3, 4, 5), peers: peers(4, 5), explicitLeave: true });
    const [{ id } = { id: '' }] = leader.node.listChanges(0);
    for (const node of [4, 5]) await cluster.crash(node);
    await cluster.until(() => [1, 2, 3].every((node) => cluster.at(node).node.status().leader === 0) || undefined);
    return id;
  }

  it('has no leader; every node says that it is stuck, who is missing and what would help', async () => {
    const id = await stuck();
    for (const node of [1, 2, 3]) {
      const situation = cluster.at(node).node.getChange('');
      expect(situation).toMatchObject({ stuck: true, canAbort: false, fromLeader: false, change: { id } });
      expect(situation.quorums).toMatchObject([
        { set: 'incoming', voters: [3, 4, 5], needed: 2, acked: [], missing: [4, 5] },
        { set: 'outgoing', voters: [1, 2, 3], needed: 2, acked: [], missing: [] },
      ]);
      expect(situation.abortObstacle).toBe(
        'leaving the joint configuration, forwards or back, needs 2 of {3,4,5}: n4, n5 are not in reach',
      );
      expect(situation.advice).toEqual([
        'bring back one of n4 at 127.0.0.1:7004, n5 at 127.0.0.1:7005: the incoming voters need 2 of {3,4,5}',
        'if they are lost for good, the last way: raftctl recover plan --from-joint',
      ]);
    }
  });

  it('is rolled back by the next leader, where that has noted that it is to be', async () => {
    const id = await stuck();
    for (const node of [1, 2, 3]) {
      const { notedOnly, change: noted } = await abort(cluster.at(node), id);
      expect(notedOnly).toBe(true);
      expect(noted?.text).toContain('n4, n5 are not in reach');
      expect(noted?.abortRequested).toBe(false);
    }
    // Only those who noted it can lead: the log of the one that comes back ends where theirs does, and it may not campaign.
    const back = await cluster.start(4);
    await back.node.setElections(true);
    expect(await ended(cluster, id)).toMatchObject({ result: ChangeResult.ABORTED });
    const leader = await cluster.leader();
    await cluster.until(() => shape(leader) === '123///' || undefined);
    await put(leader, 'after');
  });

  it('is not by a node that has noted it where another one has led since: the change may have been decided otherwise', async () => {
    const id = await stuck();
    await abort(cluster.at(3), id);
    await cluster.at(3).node.setElections(true);
    await cluster.start(4);
    const other = await cluster.leader();
    await cluster.until(() => cluster.at(3).node.status().leader === other.id || undefined);
    await cluster.at(3).node.setElections(false);
    for (const node of [1, 2, 4]) if (node !== other.id) await cluster.at(node).node.setElections(true);
    await other.node.setElections(true);
    const leader = await cluster.leader();
    expect(leader.id).toBe(3);
    // What it does first as a leader is in its log by then.
    for (const value of ['one', 'two']) await put(leader, value);
    expect(leader.node.getChange(id).change).toMatchObject({ result: ChangeResult.RUNNING, abortRequested: false });
  });
});

describe('a new voter that stands still', () => {
  it('stays a learner; the error says what it lacks, and the same request gets the same error again', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await cluster.leader();
    const wanted = { requestId: 'slow', voters: sets(1, 2, 3, 4), peers: peers(4), stallMs: 50 };
    const error = {
      code: 'E_PENDING',
      changed: 'yes',
      message: 'node 4 has made no progress for 0s (n4: cut); it stays a learner and does not vote',
    };
    await expect(change(leader, wanted)).rejects.toMatchObject(error);
    expect(shape(leader)).toBe('123//4/');
    expect(leader.node.getChange('slow')).toMatchObject({
      change: { result: ChangeResult.FAILED, errorCode: 'E_PENDING', addedLearners: [4] },
    });
    await expect(change(leader, wanted)).rejects.toMatchObject(error);
    await cluster.start(4);
    await cluster.until(() => {
      const { progress, log } = leader.node.status();
      return (
        progress.some(({ id, state, match }) => id === 4 && state === ProgressState.REPLICATE && match === log?.last) ||
        undefined
      );
    });
    const events = await change(leader, { voters: sets(1, 2, 3, 4) });
    expect(events.at(-1)).toMatchObject({ phase: ChangePhase.DONE });
  });

  it('is reported with how far it is, and as one that the change waits for', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await cluster.leader();
    const wanted = { voters: sets(1, 2, 3, 4), learners: sets(5), peers: peers(4, 5) };
    const id = await begin(leader, wanted, ChangePhase.CATCHING_UP);
    const situation = await cluster.until(() => {
      const now = leader.node.getChange(id);
      return now.stuck ? now : undefined;
    });
    expect(situation).toMatchObject({ canAbort: true, abortObstacle: '', fromLeader: true });
    expect(situation.catchUp).toMatchObject([
      { id: 4, match: 0, required: true },
      { id: 5, match: 0, required: false },
    ]);
    expect(situation.advice[0]).toContain('bring back n4 at 127.0.0.1:7004');
    // Whoever watches hears of it too.
    for await (const event of leader.node.watchChange('')) {
      expect(event).toMatchObject({ changeId: id, phase: ChangePhase.CATCHING_UP, plan: { changeId: id } });
      break;
    }
  });
});
