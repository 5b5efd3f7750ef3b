import { afterEach, describe, expect, it } from 'vitest';
import {
  ConfChangeTransition,
  ConfChangeType,
  ConfChangeV2,
  EntryType,
  Message,
  MessageType,
} from '../../../src/gen/raft/v1/raft.js';
import { ChangePhase, ChangeResult } from '../../../src/gen/raftctl/v1/member.js';
import { put } from '../calls.js';
import { MemoryCluster, type TestNode } from '../memory-cluster.js';
import { begin, change, ended, lead, peers, phasesOf, sets, shape } from './changes.js';

let cluster: MemoryCluster;
afterEach(() => cluster.close());

async function withSpares(voters: number[], ...spares: number[]): Promise<void> {
  cluster = await MemoryCluster.bootstrapped(voters);
  for (const id of spares) await cluster.start(id);
}

describe('a change of the members', () => {
  it('from {1,2,3} to {1,3} with the learners 4 and 5 is one joint change', async () => {
    await withSpares([1, 2, 3], 4, 5);
    const leader = await lead(cluster, 1);
    const events = await change(leader, { voters: sets(1, 3), learners: sets(4, 5), peers: peers(4, 5) });
    expect(phasesOf(events)).toEqual(['PLANNED', 'ENTERING_JOINT', 'JOINT', 'LEAVING_JOINT', 'VERIFYING', 'DONE']);
    expect(shape(leader)).toBe('13//45/');
    const [record] = leader.node.listChanges(0);
    expect(record).toMatchObject({ result: ChangeResult.DONE, addedLearners: [4, 5], from: { voters: [1, 2, 3] } });
    expect(record?.configIndex).toBe(leader.node.listMembers().configIndex);
  });

  it('from {1,2,3} to {3,4,5} leads the learners in, and hands over from a leader that leaves while joint', async () => {
    await withSpares([1, 2, 3], 4, 5);
    const id = await begin(await lead(cluster, 1), { voters: sets(3, 4, 5), peers: peers(4, 5) });
    expect(await ended(cluster, id)).toMatchObject({ result: ChangeResult.DONE, text: 'done' });
    const leader = await cluster.leader();
    expect(shape(leader)).toBe('345///');
    const causes = leader.node.listEvents({ since: 0, types: [], limit: 0 }).events.map(({ cause }) => cause);
    const handedOver = causes.lastIndexOf('transferred');
    expect(handedOver).toBeGreaterThan(causes.indexOf('entered-joint'));
    expect(handedOver).toBeLessThan(causes.indexOf('left-joint'));
  });

  it('may replace all of them: {1,2,3} to {4,5,6}', async () => {
    await withSpares([1, 2, 3], 4, 5, 6);
    const leader = await cluster.leader();
    await put(leader, 'before');
    const id = await begin(leader, { voters: sets(4, 5, 6), peers: peers(4, 5, 6) });
    expect(await ended(cluster, id)).toMatchObject({ result: ChangeResult.DONE });
    for (const gone of [1, 2, 3]) await cluster.crash(gone);
    const heir = await cluster.leader();
    expect(shape(heir)).toBe('456///');
    await put(heir, 'after');
  });

  it('ends under the leader that was asked for, be it a new voter or an old one', async () => {
    await withSpares([1, 2, 3], 4, 5);
    const joint = await begin(await lead(cluster, 1), { voters: sets(1, 4, 5), peers: peers(4, 5), leaderAfter: 5 });
    expect(await ended(cluster, joint)).toMatchObject({ result: ChangeResult.DONE });
    expect((await cluster.leader()).id).toBe(5);
    // Another node may have applied the end of the change a moment earlier.
    await cluster.until(() => cluster.at(5).node.getChange(joint).change?.result === ChangeResult.DONE || undefined);
    const simple = await begin(cluster.at(5), { voters: sets(1, 4), leaderAfter: 4 });
    expect(await ended(cluster, simple)).toMatchObject({ result: ChangeResult.DONE });
    expect(await cluster.leader()).toMatchObject({ id: 4 });
  });

  it('goes on without the successor that was asked for where that one cannot take over', async () => {
    await withSpares([1, 2, 3]);
    const leader = await lead(cluster, 1);
    await cluster.at(2).node.setElections(true);
    await cluster.until(() => leader.node.status().links.find(({ id }) => id === 2)?.declinesLeadership || undefined);
    const events = await change(leader, { voters: sets(1, 2), leaderAfter: 2 });
    expect(phasesOf(events).at(-1)).toBe('DONE');
    expect((await cluster.leader()).id).toBe(1);
  });

  it('of a leader that leaves alone hands over before', async () => {
    await withSpares([1, 2, 3]);
    const id = await begin(await lead(cluster, 2), { voters: sets(1, 3) });
    const record = await ended(cluster, id);
    expect(record).toMatchObject({ result: ChangeResult.DONE, phase: ChangePhase.DONE });
    expect(shape(await cluster.leader())).toBe('13///');
  });

  it('stays joint where it is asked to, until it is left', async () => {
    await withSpares([1, 2, 3], 4);
    const leader = await lead(cluster, 1);
    const events = await change(leader, { voters: sets(1, 3, 4), peers: peers(4), explicitLeave: true });
    expect(phasesOf(events).at(-1)).toBe('JOINT');
    const [record] = leader.node.listChanges(0);
    expect(record).toMatchObject({ result: ChangeResult.RUNNING, phase: ChangePhase.JOINT });
    await expect(change(leader, { voters: sets(1, 2, 3) })).rejects.toMatchObject({ code: 'E_CHANGE_RUNNING' });
    const left = await leader.node.leaveJoint(record?.id ?? '');
    expect(left.confState).toMatchObject({ voters: [1, 3, 4], votersOutgoing: [] });
    expect(await ended(cluster, record?.id ?? '')).toMatchObject({ result: ChangeResult.DONE });
    expect(await leader.node.leaveJoint(record?.id ?? '')).toEqual(left);
    await expect(leader.node.leaveJoint('')).rejects.toMatchObject({ code: 'E_NOT_JOINT' });
  });

  it('keeps a leader from being moved by hand, and lets a node that stops hand over all the same', async () => {
    await withSpares([1, 2, 3]);
    const leader = await cluster.leader();
    const id = await begin(leader, { voters: sets(1, 2, 3, 4), peers: peers(4) }, ChangePhase.CATCHING_UP);
    expect(leader.node.status()).toMatchObject({ runningChange: id, change: { id, phase: ChangePhase.CATCHING_UP } });
    const other = leader.id === 3 ? 1 : 3;
    const moved = async () => leader.node.transferLeader(other, undefined);
    await expect(moved()).rejects.toMatchObject({
      code: 'E_CHANGE_RUNNING',
      hint: `raftctl member change watch ${id}`,
    });
    await leader.node.stop();
    await cluster.crash(leader.id);
    const next = await cluster.leader();
    expect(next.node.status()).toMatchObject({ runningChange: id });
  });

  it('that had nothing to do is remembered: the same request does not undo later what somebody else has changed', async () => {
    await withSpares([1, 2, 3]);
    const leader = await lead(cluster, 1);
    const early = { requestId: 'early', voters: sets(1, 2, 3) };
    expect(await change(leader, early)).toMatchObject([{ unchanged: true }]);
    await change(leader, { voters: sets(1, 2), learners: sets(3) });
    const again = change(leader, early);
    expect(await again).toMatchObject([{ unchanged: true, plan: { to: { voters: [1, 2, 3] } } }]);
    expect(shape(leader)).toBe('12//3/');
    await expect(change(leader, { ...early, voters: sets(1, 2) })).rejects.toMatchObject({ code: 'E_CONFLICT' });
    expect(leader.node.listChanges(0).map(({ id }) => id)).not.toContain('early');
    expect(leader.node.getChange('').change?.to).toMatchObject({ voters: [1, 2] });
  });
});

describe('a joint configuration that no change carries on', () => {
  /** Somebody who embeds a node proposes it past all records. */
  async function madeFromOutside(): Promise<TestNode & { id: number }> {
    await withSpares([1, 2, 3]);
    const leader = await lead(cluster, 1);
    // A leader takes no configuration change before it has applied what was in the log when it was elected.
    await cluster.until(() => {
      const { log } = leader.node.status();
      return log !== undefined && log.applied === log.last ? true : undefined;
    });
    const data = ConfChangeV2.encode(
      ConfChangeV2.fromPartial({
        transition: ConfChangeTransition.EXPLICIT,
        changes: [{ changeType: ConfChangeType.REMOVE_NODE, nodeId: 2 }],
      }),
    ).finish();
    const entries = [{ entryType: EntryType.CONF_CHANGE_V2, data }];
    const proposal = Message.fromPartial({ msgType: MessageType.PROPOSE, from: 2, to: 1, entries });
    cluster.network.ends.get(1)?.events?.onMessages([proposal]);
    await cluster.until(() => shape(leader) === '13/123//' || undefined);
    return leader;
  }

  it('is shown, refuses other changes, and is left by hand', async () => {
    const leader = await madeFromOutside();
    expect(leader.node.getChange('').change).toMatchObject({
      id: '',
      phase: ChangePhase.JOINT,
      to: { voters: [1, 3] },
    });
    await expect(change(leader, { voters: sets(1, 2) })).rejects.toMatchObject({
      code: 'E_CHANGE_RUNNING',
      hint: 'raftctl member change leave, or back: raftctl member change abort',
    });
    expect((await leader.node.leaveJoint('')).confState).toMatchObject({ voters: [1, 3], votersOutgoing: [] });
    await expect(leader.node.leaveJoint('')).rejects.toMatchObject({ code: 'E_NOT_JOINT' });
  });

  it('or is rolled back', async () => {
    const leader = await madeFromOutside();
    const { change: record } = await leader.node.abortChange({ id: '', reason: '', by: '' });
    expect(record).toMatchObject({ result: ChangeResult.ABORTED, text: 'rolled back: the voters are {1,2,3} again' });
    expect(shape(leader)).toBe('123///');
  });
});
