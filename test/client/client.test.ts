import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RaftctlError } from '../../src/base/errors.js';
import { type Client, createClient } from '../../src/client/index.js';
import { LogStatus, NodeStatus, Role } from '../../src/gen/raftctl/v1/cluster.js';
import type { PutRequest } from '../../src/gen/raftctl/v1/kv.js';
import { FakeNode, notLeader, startTrio, withoutLeader } from './fake-node.js';

const written = { index: 7, term: 1, version: 1 };

/** The error that a promise ends with; fails where it does not. */
async function errorOf(promise: Promise<unknown>): Promise<RaftctlError> {
  const thrown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof RaftctlError) return thrown;
  throw new Error(`expected a RaftctlError, got ${thrown}`);
}

describe('a client of three nodes', () => {
  let nodes: [FakeNode, FakeNode, FakeNode];
  let client: Client;
  const open: Client[] = [];

  function connect(options: Partial<Parameters<typeof createClient>[0]> = {}): Client {
    const made = createClient({ endpoints: [nodes[1].address], timeoutMs: 5000, ...options });
    open.push(made);
    return made;
  }

  beforeEach(async () => {
    nodes = await startTrio();
    client = connect();
  });
  afterEach(() => {
    for (const made of open.splice(0)) made.close();
    for (const node of nodes) node.stop();
  });

  test('finds the leader from any one node, and asks nobody else', async () => {
    nodes[0].on('put', () => written);
    expect(await client.kv.put('key', '1')).toMatchObject(written);
    expect(nodes[1].requests('put')).toEqual([]);
  });

  test('follows the hint of a node that was thought to lead', async () => {
    nodes[0].on('put', () => notLeader(nodes[2]));
    nodes[2].on('put', () => written);
    expect(await client.kv.put('key', '1')).toMatchObject(written);
    await client.kv.put('key', '2');
    expect([nodes[0].requests('put').length, nodes[2].requests('put').length]).toEqual([1, 2]);
  });

  test('does not run round in circles after hints, but ends when its time is over', async () => {
    const impatient = connect({ timeoutMs: 1500 });
    nodes[0].on('put', () => notLeader(nodes[2]));
    nodes[2].on('put', () => notLeader(nodes[0]));
    // Unknown where its time was over while the last call was under way.
    expect(['E_NOT_LEADER', 'E_OUTCOME_UNKNOWN']).toContain((await errorOf(impatient.kv.put('key', '1'))).code);
  });

  test('waits for an election that is under way', async () => {
    withoutLeader(nodes);
    nodes[2].on('put', () => written);
    let looks = 0;
    nodes[1].on('getStatus', () => {
      looks += 1;
      if (looks === 3) for (const node of nodes) node.status.leader = 3;
      return { status: nodes[1].status };
    });
    expect(await client.kv.put('key', '1')).toMatchObject(written);
    expect(looks).toBeGreaterThanOrEqual(3);
  });

  test('repeats a write whose answer was lost, as the same one', async () => {
    let first = true;
    nodes[0].on('put', () => {
      const answer = first ? 'lost' : written;
      first = false;
      return answer;
    });
    expect(await client.kv.put('key', '1')).toMatchObject(written);
    const [sent, again] = nodes[0].requests<PutRequest>('put');
    expect(sent?.session).toMatchObject({ clientId: client.clientId, sequence: 1, lowestPending: 1 });
    expect(again).toEqual(sent);
  });

  test('numbers its writes, and says which answers it still waits for', async () => {
    nodes[0].on('put', () => written);
    await client.kv.put('key', '1');
    await client.kv.put('key', '2');
    const sessions = nodes[0].requests<PutRequest>('put').map(({ session }) => session);
    expect(sessions.map((session) => [session?.sequence, session?.lowestPending])).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  test('does not repeat what the cluster refused for good', async () => {
    nodes[0].on('put', () => new RaftctlError('E_NO_SPACE', 'the disk has too little room'));
    expect((await errorOf(client.kv.put('key', '1'))).code).toBe('E_NO_SPACE');
    expect(nodes[0].requests('put').length).toBe(1);
  });

  test('says that the outcome of a write is unknown, and by which id it can be asked for again', async () => {
    const brief = connect({ timeoutMs: 600 });
    nodes[0].on('put', () => 'lost');
    const error = await errorOf(brief.kv.put('key', '1'));
    expect([error.code, error.changed]).toEqual(['E_OUTCOME_UNKNOWN', 'unknown']);
    expect(error.hint).toContain(`--request-id ${brief.clientId}`);
  });

  test('takes a write that the node has ended by its own clock for one that may be carried out', async () => {
    const brief = connect({ timeoutMs: 600 });
    nodes[0].on('put', () => {
      withoutLeader(nodes);
      return 'expired';
    });
    expect(await errorOf(brief.kv.put('key', '1'))).toMatchObject({ code: 'E_OUTCOME_UNKNOWN', changed: 'unknown' });
  });

  test('does not take a refusal of the repetition for one of the write that was lost', async () => {
    const denied = new RaftctlError('E_PERMISSION', 'the certificate has ended');
    let calls = 0;
    nodes[0].on('put', () => (++calls === 1 ? 'expired' : denied));
    const error = await errorOf(client.kv.put('key', '1'));
    expect(error).toMatchObject({ code: 'E_PERMISSION', changed: 'unknown' });
    expect(error.facts.join()).toContain(`sent to ${nodes[0].address}`);
  });

  test('does not send a refused write once more where its answer would come too late: a refusal stays one', async () => {
    const impatient = connect({ timeoutMs: 3000 });
    const overloaded = new RaftctlError('E_OVERLOADED', 'too much is under way', { retryable: true });
    nodes[0].on('put', () => new Promise((resolve) => setTimeout(() => resolve(overloaded), 220)));
    expect(await errorOf(impatient.kv.put('key', '1'))).toMatchObject({ code: 'E_OVERLOADED', changed: 'no' });
    expect(nodes[0].requests('put').length).toBeGreaterThan(1);
  });

  test('does not wait its whole time for room on a full disk', async () => {
    nodes[0].on('put', () => new RaftctlError('E_NO_SPACE', 'the disk is full', { retryable: true }));
    const patient = connect({ timeoutMs: 600_000 });
    expect(await errorOf(patient.kv.put('key', '1'))).toMatchObject({ code: 'E_NO_SPACE', changed: 'no' });
  });

  test('never sends a transfer a second time when the first may have arrived', async () => {
    nodes[0].on('transferLeader', () => 'lost');
    expect((await errorOf(client.transferLeader(2))).code).toBe('E_OUTCOME_UNKNOWN');
    expect(nodes[0].requests('transferLeader').length).toBe(1);
  });

  test('gives up soon where too few voters are there, and names each', async () => {
    withoutLeader(nodes);
    nodes[1].stop();
    nodes[2].stop();
    const alone = connect({ endpoints: [nodes[0].address], timeoutMs: 30_000 });
    const start = performance.now();
    const error = await errorOf(alone.kv.put('key', '1'));
    expect(performance.now() - start).toBeLessThan(10_000);
    expect([error.code, error.changed]).toEqual(['E_NO_QUORUM', 'no']);
    expect(error.message).toBe('no leader — 1 of 3 voters is reachable, 2 are needed');
    expect(error.facts).toEqual([
      `n1  ${nodes[0].address}  up, term 1, pre-candidate`,
      `n2  ${nodes[1].address}  connection refused`,
      `n3  ${nodes[2].address}  connection refused`,
    ]);
  });

  test('sees the whole cluster without a leader', async () => {
    withoutLeader(nodes);
    nodes[2].stop();
    const view = await client.view();
    expect(view.leader).toBeUndefined();
    expect(view.absence?.code).toBe('E_NO_LEADER');
    expect(view.nodes.map(({ id, status, error }) => [id, status !== undefined, error?.code])).toEqual([
      [1, true, undefined],
      [2, true, undefined],
      [3, false, 'E_CONN_REFUSED'],
    ]);
  });

  test('takes the leader of the highest term, where two say that they lead', async () => {
    nodes[2].status.role = Role.LEADER;
    nodes[2].status.hardState = { term: 2, vote: 3, commit: 0 };
    expect((await client.view()).leader?.id).toBe(3);
  });

  test('refuses another cluster than the one that is meant, before anything is sent', async () => {
    const pinned = connect({ clusterId: 'd'.repeat(32) });
    nodes[0].on('put', () => written);
    expect((await errorOf(pinned.kv.put('key', '1'))).code).toBe('E_WRONG_CLUSTER');
    expect(nodes[0].requests('put')).toEqual([]);
  });

  test('sends nothing to the leader of another cluster that stands at the address of a member, whatever its term', async () => {
    withoutLeader(nodes);
    for (const { status } of nodes) status.clusterId = 'a'.repeat(32);
    nodes[2].status = NodeStatus.fromPartial({
      ...{ id: 3, clusterId: 'b'.repeat(32), leader: 3, role: Role.LEADER, hardState: { term: 9 }, configIndex: 99 },
      members: [{ id: 3, address: nodes[2].address }],
    });
    for (const node of nodes) node.on('put', () => written);
    const waiting = connect({ timeoutMs: 1500 });
    expect(['E_NO_LEADER', 'E_NO_QUORUM']).toContain((await errorOf(waiting.kv.put('key', '1'))).code);
    expect(nodes.flatMap((node) => node.requests('put'))).toEqual([]);
    expect(await client.view()).toMatchObject({ clusterId: 'a'.repeat(32), strangers: [{ id: 3 }] });
  });

  test('nor to a leader of before a recovery, which some node has not heard of', async () => {
    for (const { status } of nodes) Object.assign(status, { clusterId: 'a'.repeat(32), incarnation: 2, leader: 1 });
    Object.assign(nodes[2].status, { incarnation: 1, leader: 3, role: Role.LEADER, hardState: { term: 9 } });
    for (const node of nodes) node.on('put', () => written);
    const late = connect({ endpoints: nodes.map(({ address }) => address) });
    nodes[0].on('getStatus', async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return { status: nodes[0].status };
    });
    await late.view();
    await late.kv.put('key', '1');
    expect(nodes[2].requests('put')).toEqual([]);
  });

  test('asks the node that is named and does not go on from there', async () => {
    const pinned = connect({ node: 2 });
    nodes[1].on('put', () => notLeader(nodes[0]));
    expect((await errorOf(pinned.kv.put('key', '1'))).code).toBe('E_NOT_LEADER');
    expect(nodes[0].requests('put')).toEqual([]);
    expect((await errorOf(client.nodeStatus(9))).code).toBe('E_NOT_FOUND');
  });

  test('without discovery talks to the given endpoints alone', async () => {
    const confined = connect({ discover: false });
    const view = await confined.view();
    expect(view.nodes.map(({ id, status }) => [id, status !== undefined])).toEqual([
      [1, false],
      [2, true],
      [3, false],
    ]);
    expect(nodes[0].calls).toEqual([]);
  });
});

describe('what cannot be reached', () => {
  test.each([
    ['an address that refuses', '127.0.0.1:1', 'E_CONN_REFUSED'],
    ['a socket that is not there', 'unix:/nowhere/at/all.sock', 'E_CONN_REFUSED'],
    ['a name without an address', 'no-such-host.invalid:7400', 'E_TLS|E_DNS'],
  ])('is told apart: %s', async (_, endpoint, code) => {
    const client = createClient({ endpoints: [endpoint], timeoutMs: 3000 });
    const error = await errorOf(client.kv.get('key'));
    client.close();
    expect(code.split('|')).toContain(error.code);
    expect(error.exitCode).toBe(3);
    expect(error.message).toContain(endpoint);
  });

  test('is told apart: a server that speaks something else', async () => {
    const server = createServer((_, response) => response.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const plain = createClient({ endpoints: [endpoint] });
    expect((await errorOf(plain.view())).code).toBe('E_NOT_RAFTNODE');
    const secured = createClient({ endpoints: [endpoint], tls: {} });
    expect((await errorOf(secured.view())).code).toBe('E_TLS');
    plain.close();
    secured.close();
    server.close();
  });

  test.each(['', 'host', 'host:', 'host:0', 'host:65536', ':7400', 'a b:1', '[::1]', 'unix:'])(
    'is no address: %j',
    (text) => {
      expect(() => createClient({ endpoints: [text] })).toThrowError(/is not an address/);
    },
  );
});

describe('bootstrap', () => {
  let nodes: FakeNode[];
  let client: Client;
  const plan = (name = 'lab') => ({
    name,
    voters: nodes.map(({ status: { id }, address }) => ({ id, address })),
    learners: [],
  });

  beforeEach(async () => {
    nodes = [await FakeNode.start(1), await FakeNode.start(2)];
    for (const node of nodes) node.acceptBootstrap();
    client = createClient({ endpoints: nodes.map(({ address }) => address), timeoutMs: 2000 });
  });
  afterEach(() => {
    client.close();
    for (const node of nodes) node.stop();
  });

  test('gives all nodes the same specification', async () => {
    const { clusterId, changed } = await client.bootstrap(plan());
    expect(clusterId).toMatch(/^[0-9a-f]{32}$/);
    expect(changed).toBe(true);
    expect(nodes[0]?.bootstrapped).toEqual(nodes[1]?.bootstrapped);
    expect(nodes[0]?.bootstrapped).toMatchObject({ clusterId, name: 'lab', voters: [1, 2], learners: [] });
  });

  test('the same again keeps the id and changes nothing', async () => {
    const { clusterId } = await client.bootstrap(plan());
    expect(await client.bootstrap(plan())).toMatchObject({ clusterId, changed: false });
  });

  test('writes nothing anywhere where one node does not answer', async () => {
    nodes[1]?.stop();
    const error = await errorOf(client.bootstrap(plan()));
    expect([error.code, error.changed]).toEqual(['E_CONN_REFUSED', 'no']);
    expect(error.facts[1]).toContain(nodes[1]?.address);
    expect(nodes[0]?.requests('bootstrap')).toEqual([]);
  });

  test('writes nothing anywhere where one node will not take part', async () => {
    nodes[1]?.on('prepareBootstrap', () => new RaftctlError('E_ALREADY_BOOTSTRAPPED', 'it belongs to another cluster'));
    expect((await errorOf(client.bootstrap(plan()))).code).toBe('E_ALREADY_BOOTSTRAPPED');
    expect(nodes[0]?.requests('bootstrap')).toEqual([]);
  });

  test('finishes what an interrupted one left: a node that has it already names the cluster', async () => {
    const [first] = nodes;
    if (first === undefined) throw new Error('two nodes were started');
    first.status.clusterId = 'a'.repeat(32);
    expect(await client.bootstrap(plan())).toMatchObject({ clusterId: 'a'.repeat(32), changed: true });
  });

  test('does not take back a voter without data where the others have gone on: it may have forgotten its votes', async () => {
    const [first] = nodes;
    if (first === undefined) throw new Error('two nodes were started');
    first.status = NodeStatus.fromPartial({ id: 1, clusterId: 'a'.repeat(32), log: { last: 7 } });
    const error = await errorOf(client.bootstrap(plan()));
    expect([error.code, error.message]).toEqual([
      'E_REFUSED',
      'node 2 has no data, and the others have gone on to index 7: it cannot be bootstrapped any more',
    ]);
    expect(nodes[1]?.requests('bootstrap')).toEqual([]);
  });

  test('takes in a voter that it only missed, though the others have gone on: its data directory is the one that was meant', async () => {
    const [first, second] = nodes;
    if (first === undefined || second === undefined) throw new Error('two nodes were started');
    for (const [place, { status }] of nodes.entries()) status.instance = `${place}`.repeat(32);
    await client.bootstrap(plan());
    expect(first.bootstrapped?.members.map(({ instance }) => instance)).toEqual(['0'.repeat(32), '1'.repeat(32)]);
    first.status.log = LogStatus.fromPartial({ last: 7 });
    second.bootstrapped = undefined;
    second.status.clusterId = '';
    expect(await client.bootstrap(plan())).toMatchObject({ changed: true });
    expect(second.bootstrapped).toEqual(first.bootstrapped);
  });

  test('begins a late node with what the others began with, where they knew of no data directories', async () => {
    const [first, second] = nodes;
    if (first === undefined || second === undefined) throw new Error('two nodes were started');
    await client.bootstrap(plan());
    for (const [place, { status }] of nodes.entries()) status.instance = `${place}`.repeat(32);
    second.bootstrapped = undefined;
    second.status.clusterId = '';
    expect(await client.bootstrap(plan())).toMatchObject({ changed: true });
    expect(second.bootstrapped).toEqual(first.bootstrapped);
  });

  test('is refused where the nodes belong to two clusters', async () => {
    for (const [place, node] of nodes.entries()) node.status.clusterId = String(place).repeat(32);
    expect((await errorOf(client.bootstrap(plan()))).code).toBe('E_ALREADY_BOOTSTRAPPED');
  });
});
