import { afterEach, describe, expect, it } from 'vitest';
import {
  type ChangeMembersRequest,
  type ChangeMembersResponse,
  ChangePhase,
  ChangeResult,
  PromoteWhen,
} from '../../../src/gen/raftctl/v1/member.js';
import { MemoryCluster } from '../memory-cluster.js';
import { begin, ended, lead, peers, request, sets, shape } from './changes.js';

let cluster: MemoryCluster;
afterEach(() => cluster.close());

const manual = { when: PromoteWhen.MANUAL, voterDownMs: 0 };
const whenDown = { when: PromoteWhen.VOTER_DOWN, voterDownMs: 1 };

/** Node 4 is to be a fourth voter. */
const fourth = { voters: sets(1, 2, 3, 4), peers: peers(4) };

/** Asks for a change, and reads until nothing more happens by itself. */
async function follow(wanted: Partial<ChangeMembersRequest>): Promise<ChangeMembersResponse[]> {
  const events: ChangeMembersResponse[] = [];
  const asked = request(wanted);
  await cluster.onLeader(async ({ node }) => {
    for await (const event of node.changeMembers(asked)) events.push(event);
  });
  return events;
}

const phase = () => cluster.leader().then(({ node }) => node.getChange('').change?.phase);

describe('a change that waits to be promoted', () => {
  it('has its new voter ready, goes on when somebody asks, and is the next leader’s as well', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    await cluster.start(4);
    const first = await lead(cluster, 1);
    const last = (await follow({ ...fourth, promotion: manual })).at(-1);
    expect(last).toMatchObject({ phase: ChangePhase.READY });
    expect(last?.text).toBe('4 ready: waiting until somebody promotes 4: raftctl member promote 4');
    expect(shape(first)).toBe('123//4/');
    await expect(follow({ learners: sets() })).rejects.toThrow('is running: 4 ready');

    // Who leads may change: nothing is under way.
    await cluster.onLeader(({ node }) => node.transferLeader(2, undefined));
    await lead(cluster, 2);
    expect(await phase()).toBe(ChangePhase.READY);
    const asked = { id: last?.changeId ?? '', reason: 'OPS-9', by: 'anna@desk' };
    const { change } = await cluster.onLeader(({ node }) => node.promoteChange(asked));
    expect(change).toMatchObject({ promotionRequested: true });
    expect(await ended(cluster, asked.id)).toMatchObject({ result: ChangeResult.DONE });
    expect(shape(await cluster.leader())).toBe('1234///');
    // The same again, as after an answer that got lost.
    await cluster.onLeader(({ node }) => node.promoteChange(asked));
    const { events } = (await cluster.leader()).node.listEvents({ since: 0, types: [], limit: 0 });
    const [requested] = events.filter(({ cause }) => cause === 'promotion-requested');
    expect(requested).toMatchObject({ by: 'anna@desk', reason: 'OPS-9', text: 'to be promoted by anna@desk: OPS-9' });
  });

  it('is taken back like any other: the learner that it added goes', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    await cluster.start(4);
    const id = (await follow({ ...fourth, promotion: manual }))[0]?.changeId ?? '';
    await cluster.onLeader(({ node }) => node.abortChange({ id, reason: '', by: '' }));
    expect(await ended(cluster, id)).toMatchObject({ result: ChangeResult.ABORTED });
    expect(shape(await cluster.leader())).toBe('123///');
    const promoted = cluster.onLeader(({ node }) => node.promoteChange({ id, reason: '', by: '' }));
    await expect(promoted).rejects.toThrow('does not wait to be promoted: it is aborted');
  });

  it('promotes by itself when a voter has been down for so long', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    await cluster.start(4);
    await lead(cluster, 1);
    const events = await follow({ ...fourth, promotion: whenDown });
    expect(events.at(-1)?.text).toBe('4 ready: waiting until one of voters 1,2,3 has been down for 0.001s');
    await cluster.crash(3);
    const id = events[0]?.changeId ?? '';
    expect(await ended(cluster, id)).toMatchObject({ result: ChangeResult.DONE, promotionRequested: true });
    expect(shape(await cluster.leader())).toBe('1234///');
  });

  it('of a node that is to take a voter’s place waits for just that one to be down', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    await cluster.start(4);
    await lead(cluster, 1);
    const events = await follow({ voters: sets(1, 3, 4), peers: peers(4), promotion: whenDown });
    expect(events.at(-1)?.text).toBe('4 ready: waiting until voter 2 has been down for 0.001s');
    await cluster.crash(3);
    await cluster.turns(1, 20);
    expect(await phase()).toBe(ChangePhase.READY);
    await cluster.start(3);
    await cluster.until(() => cluster.at(3).node.status().leader === 1 || undefined);
    await cluster.crash(2);
    expect(await ended(cluster, events[0]?.changeId ?? '')).toMatchObject({ result: ChangeResult.DONE });
    expect(shape(await cluster.leader())).toBe('134///');
  });

  it('is not given up where the spare rests for a while', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    await cluster.start(4);
    const id = (await follow({ ...fourth, promotion: manual, stallMs: 1000 }))[0]?.changeId ?? '';
    await cluster.crash(4);
    const { node } = await cluster.leader();
    await cluster.until(() => (node.getChange(id).stuck && node.getChange(id).stillMs > 1500 ? true : undefined));
    expect(node.getChange(id)).toMatchObject({ change: { phase: ChangePhase.READY }, canAbort: true });
    expect(node.getChange(id).advice[0]).toMatch(/^bring back n4 at .*, which is to vote$/);
    await cluster.start(4);
    await cluster.until(() => (node.getChange(id).catchUp.some(({ ready }) => ready === true) ? true : undefined));
  });
});

describe('a new node that is slower than the writes', () => {
  it('is given up after its rounds, and stays a learner', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await cluster.leader();
    const id = await begin(leader, { ...fourth, maxRounds: 1 }, ChangePhase.CATCHING_UP);
    // Its first round lasts for longer than an election time-out, since it is not there for so long.
    const { electionTimeoutMs } = leader.node.status();
    await cluster.until(() => leader.node.getChange(id).stillMs > 2 * electionTimeoutMs || undefined);
    await cluster.start(4);
    const change = await ended(cluster, id);
    expect(change).toMatchObject({ result: ChangeResult.FAILED, errorCode: 'E_PENDING' });
    expect(change.text).toMatch(
      /^node 4 is not ready after 1 rounds? of catching up, .*; it stays a learner and does not vote$/,
    );
    expect(shape(await cluster.leader())).toBe('123//4/');
  });
});

describe('a change that keeps a spare', () => {
  it('ends when the learner is ready to vote', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await cluster.leader();
    const id = await begin(leader, { learners: sets(4), peers: peers(4), keepSpare: true }, ChangePhase.CATCHING_UP);
    expect(leader.node.getChange(id)).toMatchObject({
      catchUp: [{ id: 4, required: true, ready: false }],
      canAbort: true,
    });
    await cluster.start(4);
    expect(await ended(cluster, id)).toMatchObject({ result: ChangeResult.DONE });
    expect(shape(await cluster.leader())).toBe('123//4/');
    // It is promoted without another wait.
    await follow({ voters: sets(1, 2, 3, 4) });
    expect(shape(await cluster.leader())).toBe('1234///');
  });

  it('can be taken back while the spare is not ready', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await cluster.leader();
    const id = await begin(leader, { learners: sets(4), peers: peers(4), keepSpare: true }, ChangePhase.CATCHING_UP);
    await cluster.onLeader(({ node }) => node.abortChange({ id, reason: '', by: '' }));
    expect(await ended(cluster, id)).toMatchObject({ result: ChangeResult.ABORTED });
    expect(shape(await cluster.leader())).toBe('123///');
  });
});
