import { afterEach, describe, expect, it } from 'vitest';
import { features } from '../../src/base/features.js';
import { ChangeMembersRequest, ChangePhase } from '../../src/gen/raftctl/v1/member.js';
import { CommandKind } from '../../src/gen/raftctl/v1/proposal.js';
import { MemoryCluster, type TestNode } from './memory-cluster.js';

let cluster: MemoryCluster;
afterEach(() => cluster.close());

const instanceOf = (id: number) => cluster.at(id).store.identity.instance;
const propose = ({ node }: TestNode) => node.propose({ kind: CommandKind.RAW, payload: new Uint8Array([1]) });

let changes = 0;
function change(wanted: Partial<ChangeMembersRequest>): Promise<void> {
  const request = { ...ChangeMembersRequest.create(), requestId: `change-${++changes}`, ...wanted };
  return cluster.onLeader(async ({ node }) => {
    for await (const { phase } of node.changeMembers(request)) expect(phase).not.toBe(ChangePhase.FAILED);
  });
}

/** Node `id` does not lead. */
function leadsNot(id: number): Promise<void> {
  return cluster.onLeader(async (leader) => {
    if (leader.id === id) await leader.node.transferLeader(id === 1 ? 2 : 1, undefined);
  });
}

/** The tombstones that a node knows, as ids. */
const removedIn = ({ node }: TestNode) => node.listMembers().removed.map(({ member }) => member?.id);

const linkTo = ({ node }: TestNode, id: number) => node.status().links.find((link) => link.id === id);

describe('a voter that has lost its disk', () => {
  it('is refused by all, and counts for nothing', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    await cluster.wipe(3);
    const wiped = await cluster.start(3);
    for (const id of [1, 2]) {
      await cluster.until(() => linkTo(cluster.at(id), 3)?.error.includes('another data directory') || undefined);
    }
    await cluster.onLeader(propose);
    // Now it would take the wiped one to make a majority.
    await cluster.crash(2);
    await cluster.until(() => (cluster.at(1).node.status().leader === 0 ? true : undefined));
    await expect(propose(cluster.at(1))).rejects.toMatchObject({ code: 'E_NO_QUORUM' });
    expect(wiped.node.status()).toMatchObject({ clusterId: '', log: { last: 0 }, hardState: { term: 0, vote: 0 } });
    // The one that was away is a majority again, with all that was acknowledged.
    const before = cluster.at(1).node.status().log?.commit ?? 0;
    await cluster.start(2);
    expect((await cluster.onLeader(propose)).index).toBeGreaterThan(before);
  });

  it('is told so when it announces itself', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const announce = (instance: string) =>
      cluster.onLeader(async ({ node }) => {
        const member = { ...MemoryCluster.member(2), instance };
        return node.announce({ member, version: '1', clusterId: '', incarnation: 1 });
      });
    await expect(announce('f'.repeat(32))).rejects.toThrow('node 2 has come with another data directory');
    expect((await announce(instanceOf(2))).isMember).toBe(true);
  });

  it('cannot be bootstrapped into its cluster anew', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const spec = cluster.at(1).node.bootstrapSpec();
    if (spec === undefined) throw new Error('node 1 was bootstrapped');
    await cluster.wipe(3);
    const { node } = await cluster.start(3);
    await expect(node.bootstrap(spec, 3)).rejects.toMatchObject({ code: 'E_REFUSED' });
    const members = spec.members.map((member) =>
      member.id === 3 ? { ...member, instance: node.status().instance } : member,
    );
    expect(() => cluster.at(1).node.prepareBootstrap({ ...spec, members }, 1)).toThrow('node 3 has come with another');
    expect(await cluster.at(1).node.bootstrap(spec, 1)).toBe(false);
  });
});

describe('the data directory of a member', () => {
  it('is known from the bootstrap on, and shown by the node and by its peers', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const { node, id } = await cluster.leader();
    const status = node.status();
    expect(status.members.map(({ instance, hasVoted }) => [instance, hasVoted])).toEqual(
      [1, 2, 3].map((of) => [instanceOf(of), true]),
    );
    expect(status.instance).toBe(instanceOf(id));
    expect(status.links.map((link) => link.instance)).toEqual(status.links.map((link) => instanceOf(link.id)));
    const written = Array.from(node.logEntries(0, 0, 0), ({ summary }) => summary);
    expect(written).not.toContain('control recordInstance');
  });

  it('is written down by the leader once a new member has said which it is, and only then refused another', async () => {
    cluster = await MemoryCluster.bootstrapped([1]);
    await cluster.start(2);
    const peers = [MemoryCluster.member(2)];
    await change({ learners: { ids: [2] }, peers });
    for (const id of [1, 2]) {
      await cluster.until(() => cluster.at(id).node.status().members[1]?.instance === instanceOf(2) || undefined);
    }
    await cluster.wipe(2);
    await cluster.start(2);
    await cluster.until(() => linkTo(cluster.at(1), 2)?.error.includes('another data directory') || undefined);
    // A learner that never voted leaves nothing behind: its id may be used again.
    await change({ learners: { ids: [] } });
    expect(removedIn(cluster.at(1))).toEqual([]);
    await change({ learners: { ids: [2] }, peers });
    await cluster.until(() => cluster.at(1).node.status().members[1]?.instance === instanceOf(2) || undefined);
    expect(cluster.at(1).node.status().members[1]?.hasVoted).toBeUndefined();
  });

  it('is written down for the members of a cluster from before there were any, one after the other', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3], {}, { withInstances: false });
    await cluster.until(
      () =>
        cluster
          .at(3)
          .node.status()
          .members.every((member) => member.instance === instanceOf(member.id)) || undefined,
    );
  });
});

describe('a voter that was removed', () => {
  const withoutThree = () => change({ voters: { ids: [1, 2] }, acceptRisks: [] });

  it('leaves a tombstone on every node, and comes back with its own data directory', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    await leadsNot(3);
    await withoutThree();
    for (const id of [1, 2]) await cluster.until(() => removedIn(cluster.at(id)).includes(3) || undefined);
    expect(cluster.at(1).node.status().removed).toMatchObject([
      { member: { id: 3, instance: instanceOf(3), hasVoted: true } },
    ]);
    await cluster.crash(3);
    await cluster.start(3);
    await change({ voters: { ids: [1, 2, 3] }, peers: [MemoryCluster.member(3)] });
    await cluster.until(() => linkTo(cluster.at(1), 3)?.connected || undefined);
    await cluster.until(() => removedIn(cluster.at(1)).length === 0 || undefined);
    // It votes again: without one of the others it is half of the majority.
    await cluster.crash(2);
    await cluster.onLeader(propose);
  });

  it('is refused where it comes back empty, though its id was added again', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    await leadsNot(3);
    await withoutThree();
    await cluster.wipe(3);
    const wiped = await cluster.start(3);
    await change({ learners: { ids: [3] }, peers: [MemoryCluster.member(3)] });
    await cluster.until(() => linkTo(cluster.at(1), 3)?.error.includes('another data directory') || undefined);
    expect(wiped.node.status().clusterId).toBe('');
  });

  it('does not come back empty where it has announced itself, unless somebody takes the risk', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    await leadsNot(3);
    await withoutThree();
    await cluster.wipe(3);
    await cluster.start(3);
    const member = { ...MemoryCluster.member(3), instance: instanceOf(3) };
    const abilities = { features: [...features], certificateNames: [] };
    const announcement = { member, version: '0.0.0', clusterId: '', incarnation: 1, abilities };
    const announcedAndAdded = cluster.onLeader(async ({ node }) => {
      node.announce(announcement);
      const request = { ...ChangeMembersRequest.create(), learners: { ids: [3] } };
      for await (const { phase } of node.changeMembers(request)) expect(phase).toBe(ChangePhase.PLANNED);
    });
    await expect(announcedAndAdded).rejects.toMatchObject({
      code: 'E_REFUSED',
      message: '1 check failed: id-reuse',
    });
    await cluster.onLeader(async ({ node }) => {
      node.announce(announcement);
      const request = { ...ChangeMembersRequest.create(), learners: { ids: [3] }, acceptRisks: ['id-reuse'] };
      for await (const { phase } of node.changeMembers(request)) expect(phase).not.toBe(ChangePhase.FAILED);
    });
    await cluster.until(() => cluster.at(1).node.status().members[2]?.instance === instanceOf(3) || undefined);
    expect(cluster.at(1).node.status().members[2]?.hasVoted).toBe(true);
  });

  it('is told that it was removed when it starts again', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    await leadsNot(3);
    await cluster.crash(3);
    await withoutThree();
    const late = await cluster.start(3);
    await cluster.until(() => linkTo(late, 1)?.error.includes('not a member of the cluster since index') || undefined);
  });
});

describe('who has taken over a snapshot', () => {
  it('knows the members and tombstones as the others do', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    await leadsNot(3);
    await change({ voters: { ids: [1, 2] } });
    const update = { id: 1, zone: 'a', priority: 2, ifConfigIndex: 0, by: '', reason: '' };
    await cluster.onLeader(({ node }) => node.updateMember(update));
    for (const id of [1, 2]) {
      await cluster.until(() => cluster.at(id).node.status().members[0]?.zone);
      await cluster.at(id).node.triggerSnapshot(0);
    }
    await cluster.start(4);
    await change({ learners: { ids: [4] }, peers: [MemoryCluster.member(4)] });
    for (const id of [1, 4]) await cluster.until(() => cluster.at(id).node.status().members[2]?.instance);
    expect(cluster.at(4).node.listMembers()).toEqual(cluster.at(1).node.listMembers());
    expect(cluster.at(4).node.logInfo().log.first).toBeGreaterThan(2);
    expect(removedIn(cluster.at(4))).toEqual([3]);
  });
});
