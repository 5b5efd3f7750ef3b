import { afterEach, describe, expect, it } from 'vitest';
import { deferred } from '../../src/base/deferred.js';
import type { PeerIdentity } from '../../src/node/ports.js';
import { checkHello, makeHello } from '../../src/transport/hello.js';
import { cluster, message, type NodeSetup, Nodes, RecordingLogger } from './network.js';

const nodes = new Nodes();
afterEach(() => nodes.stop());

/** Node 1 dials node 2 until it knows why it may not; returns what its link says. */
async function refusal(one: NodeSetup, two: NodeSetup): Promise<string> {
  const [dialler, hearer] = [nodes.make(1, one), nodes.make(2, two)];
  await cluster(dialler, hearer);
  dialler.transport.send([message(1, 2)]);
  await dialler.until(() => dialler.link(2).error.startsWith('refused'));
  expect(dialler.unreachable).toContain(2);
  expect(hearer.received).toEqual([]);
  return dialler.link(2).error;
}

const fresh: Partial<PeerIdentity> = { clusterId: '', incarnation: 0 };
const directory = (digit: string) => digit.repeat(32);
const learners = { isVoter: () => false };

describe('a stranger is refused, and told why', () => {
  it('because it belongs to another cluster', async () => {
    expect(await refusal({}, { identity: { clusterId: 'c2' } })).toBe(
      'refused: node 2 belongs to cluster "c2", node 1 to "c1"',
    );
  });

  it('because it runs another state machine', async () => {
    expect(await refusal({ identity: { stateMachine: 'register' } }, {})).toContain(
      'node 2 runs state machine "kv", node 1 runs "register"',
    );
  });

  it('because it comes from before the cluster was recovered', async () => {
    expect(await refusal({}, { identity: { incarnation: 2 } })).toContain(
      'node 1 is of incarnation 1 of the cluster, which is at 2 now',
    );
  });

  it('because it is no member', async () => {
    expect(await refusal({}, { identity: { configIndex: 7, isKnown: (_id, configIndex) => configIndex >= 7 } })).toBe(
      'refused: node 1 is not a member of the cluster since index 7 or before',
    );
  });

  it('because another node answers at the address that was dialled', async () => {
    const [one, three] = [nodes.make(1), nodes.make(3)];
    await cluster(one, three);
    one.transport.setPeers([{ ...three.member, id: 2 }]);
    one.transport.send([message(1, 2)]);
    await one.until(() => one.link(2).error.startsWith('refused'));
    expect(one.link(2).error).toBe('refused: this is node 3, not node 2');
  });

  it('because two nodes have one id', async () => {
    const [one, twin] = [nodes.make(1), nodes.make(1)];
    await cluster(one, twin);
    one.transport.setPeers([{ ...twin.member, id: 2 }]);
    one.transport.send([message(1, 2)]);
    await one.until(() => one.link(2).error.startsWith('refused'));
    expect(one.link(2).error).toBe('refused: node 1 speaks to itself: two nodes have one id');
  });

  it('because it was a voter and has lost its data, whichever side dials', async () => {
    const text = 'voter 2 has lost its data: remove it and add it again as a new member';
    expect(await refusal({}, { identity: fresh })).toBe(`refused: ${text}`);
    await nodes.stop();
    const [one, two] = [nodes.make(1), nodes.make(2, { identity: fresh })];
    await cluster(one, two);
    two.transport.send([message(2, 1)]);
    await two.until(() => two.link(1).error.startsWith('refused'));
    expect(two.link(1).error).toBe(`refused: ${text}`);
  });

  it('because it was a voter and has lost its data, even where it does not know that it was one', () => {
    const [one, two] = [nodes.make(1), nodes.make(2, { identity: fresh })];
    expect(checkHello(makeHello(two.identity, 1), one.identity)).toMatchObject({ kind: 'refused' });
    const learner = { ...one.identity, isVoter: () => false };
    expect(checkHello(makeHello(two.identity, 1), learner)).toEqual({ kind: 'accepted' });
  });

  it('because it was a voter and has lost its data, even where a node that lags behind has taken it in again', () => {
    const [one, two] = [nodes.make(1).identity, nodes.make(2, { identity: fresh }).identity];
    const lagging = { ...nodes.make(3).identity, isVoter: () => false };
    expect(checkHello(makeHello(lagging, 2), two)).toMatchObject({ kind: 'adopt' });
    const takenIn = { ...two, clusterId: 'c1', incarnation: 1, isVoter: () => false, configIndex: 0 };
    const reason = 'voter 2 has lost its data: remove it and add it again as a new member';
    expect(checkHello(makeHello(takenIn, 1), one)).toMatchObject({ kind: 'refused', reason });
    expect(checkHello(makeHello(one, 2), takenIn)).toMatchObject({ kind: 'refused', reason });
    // A new member is no voter yet.
    const leader = { ...one, isVoter: () => false };
    expect(checkHello(makeHello(takenIn, 1), leader)).toEqual({ kind: 'accepted' });
    expect(checkHello(makeHello(leader, 2), takenIn)).toEqual({ kind: 'accepted' });
  });

  it('because it comes with another data directory than it is known by, and both sides are told, whoever dials', async () => {
    const logger = new RecordingLogger();
    const reason =
      'node 2 has come with another data directory, ffffffff instead of 22222222: remove it and add it under a new id';
    const knows: NodeSetup = { logger, identity: { instanceOf: (id) => (id === 2 ? directory('2') : undefined) } };
    const wiped: NodeSetup = { logger, identity: { instance: directory('f') } };
    const [one, two] = [nodes.make(1, knows), nodes.make(2, wiped)];
    await cluster(one, two);
    for (const [from, to] of [
      [one, two],
      [two, one],
    ] as const) {
      await from.until(() => {
        from.transport.send([message(from.id, to.id)]);
        return from.link(to.id).error.startsWith('refused');
      });
      expect(from.link(to.id)).toMatchObject({ connected: false, error: `refused: ${reason}` });
    }
    expect([one.received, two.received]).toEqual([[], []]);
    const refusals = logger.lines.filter((line) => line.message === 'peer refused');
    expect(refusals.map(({ fields }) => fields)).toContainEqual({ peer: 2, reason });
    expect(refusals.map(({ fields }) => fields)).toContainEqual({ peer: 1, reason });
  });

  it('because it comes fresh under the id of a member, so that it joins no cluster', () => {
    const knows = { ...nodes.make(1).identity, isVoter: () => false, instanceOf: () => directory('2') };
    const wiped = {
      ...nodes.make(2).identity,
      ...fresh,
      isVoter: () => false,
      configIndex: 0,
      instance: directory('f'),
    };
    const refused = { kind: 'refused', reason: expect.stringContaining('node 2 has come with another data directory') };
    expect(checkHello(makeHello(knows, 2), wiped)).toMatchObject(refused);
    expect(checkHello(makeHello(wiped, 1), knows)).toMatchObject(refused);
    const { instance: _, ...silent } = makeHello(wiped, 1);
    expect(checkHello(silent, knows)).toMatchObject({ reason: expect.stringContaining('unknown instead of') });
  });

  it('but not by who has an older configuration: the id may have been given to another node since', () => {
    const two = { ...nodes.make(2).identity, configIndex: 9, instance: directory('f') };
    const one = (configIndex: number) => ({ ...nodes.make(1).identity, configIndex, instanceOf: () => directory('2') });
    for (const [configIndex, kind] of [
      [8, 'accepted'],
      [9, 'refused'],
      [10, 'refused'],
    ] as const) {
      expect(checkHello(makeHello(two, 1), one(configIndex))).toMatchObject({ kind });
      expect(checkHello(makeHello(one(configIndex), 2), two)).toMatchObject({ kind });
    }
  });

  it('because neither of the two belongs to a cluster', async () => {
    const identity = { ...fresh, ...learners };
    expect(await refusal({ identity }, { identity })).toBe('refused: neither node 2 nor node 1 belongs to a cluster');
  });

  it('once in the log, however often it comes back', async () => {
    const logger = new RecordingLogger();
    const [one, two] = [nodes.make(1), nodes.make(2, { logger, identity: { clusterId: 'c2' } })];
    await cluster(one, two);
    await one.until(() => {
      one.transport.send([message(1, 2)]);
      return one.unreachable.length >= 4;
    });
    expect(logger.lines.filter((line) => line.message === 'peer refused').length).toBe(1);
  });
});

describe('a link', () => {
  it('says which data directory its peer has, its version, and how its clock stands', async () => {
    const [one, two] = [nodes.make(1), nodes.make(2, { identity: { version: '1.2.3', wallClockMs: 700 } })];
    await cluster(one, two);
    await one.until(() => one.link(2).connected);
    const { instance } = two.identity;
    expect(one.link(2)).toMatchObject({ instance, version: '1.2.3', clockOffsetMs: 700 });
    await two.stop();
    await one.until(() => !one.link(2).connected);
    expect(one.link(2).instance).toBeUndefined();
  });

  it('is cut where it becomes known that its peer has another data directory', async () => {
    const [one, two] = [nodes.make(1), nodes.make(2)];
    await cluster(one, two);
    await one.until(() => one.link(2).connected);
    one.transport.setPeers([{ ...two.member, instance: two.identity.instance }]);
    expect(one.link(2).connected).toBe(true);
    one.transport.setPeers([{ ...two.member, instance: directory('a') }]);
    expect(one.link(2)).toMatchObject({ connected: false, error: expect.stringContaining('another data directory') });
    expect(one.unreachable).toEqual([2]);
  });

  it('but not where a node that lags behind its peer only knows who had the id before', async () => {
    const [one, two] = [nodes.make(1), nodes.make(2, { identity: { configIndex: 9 } })];
    await cluster(one, two);
    await one.until(() => one.link(2).connected);
    one.transport.setPeers([{ ...two.member, instance: directory('a') }]);
    expect(one.link(2).connected).toBe(true);
    expect(one.unreachable).toEqual([]);
  });
});

describe('a fresh node', () => {
  it('becomes one of the cluster that asks first, and answers over the stream of whoever asked', async () => {
    const identity = { clusterId: '' };
    const joined: string[] = [];
    const onAdopt = async (clusterId: string) => {
      await new Promise((resolve) => setImmediate(resolve));
      joined.push(clusterId);
      Object.assign(two.identity, { clusterId });
    };
    const [one, two] = [nodes.make(1, { identity: learners }), nodes.make(2, { identity, onAdopt })];
    await cluster(one, two);
    two.transport.setPeers([]);
    one.transport.send([message(1, 2)]);
    await two.until(() => two.received.length === 1);
    expect(joined).toEqual(['c1']);
    two.transport.setPeers([]);
    two.transport.send([message(2, 1)]);
    await one.until(() => one.received.length === 1);
    expect(two.link(1).connected).toBe(true);
  });

  it('refuses a cluster that its node does not want', async () => {
    const onAdopt = () => Promise.reject(new Error('this node was told to join another cluster'));
    expect(await refusal({ identity: learners }, { identity: fresh, onAdopt })).toBe(
      'refused: this node was told to join another cluster',
    );
  });

  it('refuses the second of two clusters that ask at once', async () => {
    const bothAsked = deferred<void>();
    let asked = 0;
    const onAdopt = async (clusterId: string) => {
      asked += 1;
      if (asked === 2) bothAsked.resolve();
      await bothAsked.promise;
      if (two.identity.clusterId === '') Object.assign(two.identity, { clusterId });
    };
    const two = nodes.make(2, { identity: { clusterId: '' }, onAdopt });
    const one = nodes.make(1, { identity: learners });
    const three = nodes.make(3, { identity: { ...learners, clusterId: 'c3' } });
    await cluster(two, one, three);
    one.transport.send([message(1, 2)]);
    three.transport.send([message(3, 2)]);
    await two.until(() => two.received.length >= 1);
    const loser = two.identity.clusterId === 'c1' ? three : one;
    await loser.until(() => loser.link(2).error.startsWith('refused: node 2 belongs to cluster'));
    expect(new Set(two.received.map(({ from }) => from)).size).toBe(1);
  });
});
