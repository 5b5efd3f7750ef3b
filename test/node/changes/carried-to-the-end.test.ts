import { afterEach, describe, expect, it } from 'vitest';
import {
  type ChangeMembersResponse,
  ChangePhase,
  ChangeResult,
  UpdateMemberRequest,
} from '../../../src/gen/raftctl/v1/member.js';
import { put } from '../calls.js';
import { MemoryCluster } from '../memory-cluster.js';
import { begin, change, ended, lead, peers, request, sets, shape } from './changes.js';

let cluster: MemoryCluster;
afterEach(() => cluster.close());

const update = (id: number, to: Partial<UpdateMemberRequest>) =>
  cluster.onLeader(({ node }) => node.updateMember(UpdateMemberRequest.fromPartial({ id, ...to })));

describe('a change comes to an end', () => {
  it('where an abort was noted that comes too late', async () => {
    cluster = await MemoryCluster.bootstrapped([1]);
    await cluster.start(2);
    const leader = await cluster.leader();
    await change(leader, { learners: sets(2), peers: peers(2) });
    await put(leader, 'so that node 2 has something');
    await cluster.until(() => shape(cluster.at(2)) === '1//2/' || undefined);
    await cluster.crash(2);
    // Node 1 alone makes node 2 a voter, which is not there: it cannot lead any more.
    const wanted = { voters: sets(1, 2), acceptRisks: ['learner-ready', 'incoming-quorum-live'] };
    const id = await begin(leader, wanted);
    await cluster.until(() => (shape(leader) === '12///' && leader.node.status().leader === 0) || undefined);
    expect(await leader.node.abortChange({ id, reason: '', by: '' })).toMatchObject({ notedOnly: true });
    const back = await cluster.start(2);
    await back.node.setElections(true);
    expect(await ended(cluster, id)).toMatchObject({ result: ChangeResult.DONE, abortRequested: false });
  });

  it('under whoever is to lead, although the others rank higher', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    await cluster.start(4);
    const leader = await lead(cluster, 1);
    for (const id of [1, 2]) await update(id, { priority: 10 });
    const id = await begin(leader, { learners: sets(4), peers: peers(4), leaderAfter: 3 });
    expect(await ended(cluster, id)).toMatchObject({ result: ChangeResult.DONE });
    expect((await cluster.leader()).id).toBe(3);
  });
});

describe('who watches a change and does not read on', () => {
  it('finds all that has happened, but of the progress one word', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await cluster.leader();
    const isProgress = ({ catchUp }: ChangeMembersResponse) => catchUp.length > 0;
    const wanted = request({ voters: sets(1, 2, 3, 4), peers: peers(4) });
    const slow = leader.node.changeMembers(wanted)[Symbol.asyncIterator]();
    const next = async () => (await slow.next()).value;
    while (!isProgress(await next()));
    let heard = 0;
    for await (const event of leader.node.watchChange('')) if (isProgress(event) && ++heard === 4) break;
    await leader.node.abortChange({ id: wanted.requestId, reason: '', by: '' });
    await ended(cluster, wanted.requestId);
    const unread: ChangeMembersResponse[] = [];
    for (let event = await next(); event !== undefined; event = await next()) unread.push(event);
    expect(unread.filter(isProgress).length).toBe(1);
    expect(unread.at(-1)?.phase).toBe(ChangePhase.ABORTED);
  });
});

describe('a member that is updated while a change runs', () => {
  it('stays as it was updated', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await cluster.leader();
    const [second, fourth] = peers(2, 4);
    const given = [
      { ...MemoryCluster.member(2), ...second, name: 'two' },
      { ...MemoryCluster.member(4), ...fourth },
    ];
    const id = await begin(leader, { voters: sets(1, 2, 3, 4), peers: given }, ChangePhase.CATCHING_UP);
    expect(leader.node.listMembers().members.map(({ name }) => name)).toEqual(['n1', 'two', 'n3', 'n4']);
    await update(4, { address: '10.0.0.4:7400' });
    await update(2, { name: 'second' });
    await cluster.start(4);
    expect(await ended(cluster, id)).toMatchObject({ result: ChangeResult.DONE });
    const { members } = (await cluster.leader()).node.listMembers();
    expect(members.map(({ name }) => name)).toEqual(['n1', 'second', 'n3', 'n4']);
    expect(members.at(-1)?.address).toBe('10.0.0.4:7400');
  });
});
