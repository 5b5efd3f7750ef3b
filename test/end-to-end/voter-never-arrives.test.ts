import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from './cluster.js';
import type { ClusterStatus, Configuration, ErrorDocument } from './documents.js';
import { Load, missingWrites } from './load.js';
import { localPairs } from './plain-client.js';

interface ChangeStatus {
  readonly id: string;
  readonly result: string;
  readonly text: string;
  readonly stuck: boolean;
  readonly canAbort: boolean;
  readonly advice: readonly string[];
  readonly quorums: readonly { readonly set: string; readonly missing: readonly number[] }[];
}

interface Doctor {
  readonly findings: readonly {
    readonly id: string;
    readonly evidence: readonly string[];
    readonly next: readonly string[];
    readonly nodes: readonly number[];
  }[];
}

/** A change counts on nodes that turn out to be nobody one can count on. The voters that there are go on, whatever comes. */
describe('a new voter that never arrives', () => {
  const old = [1, 2, 3];
  /** Nobody is there; has the disk of another cluster; left and came back with an empty disk; stands still. */
  const [absent, foreign, emptied, frozen] = [4, 5, 6, 7] as const;
  let cluster: TestCluster;
  let load: Load;

  beforeAll(async () => {
    cluster = await TestCluster.prepare({ ids: [...old, absent, foreign, emptied, frozen] });
    await Promise.all(old.map((id) => cluster.startNode(id)));
    await cluster.bootstrap(old);
    load = Load.start(
      old.map((id) => cluster.address(id)),
      2,
    );
    await load.acknowledges(50);
  });
  afterAll(() => cluster.close());

  const config = async (): Promise<Configuration> => (await cluster.succeed<ClusterStatus>(['status'], old)).config;
  const run = <Data>(...args: string[]) => cluster.run<Data>(args, old);
  const add = (id: number, ...flags: string[]) =>
    run('member', 'change', '--voters', `1,2,${id}`, '--peer', `${id}=${cluster.address(id)}`, ...flags);
  const remove = (id: number) => cluster.succeed(['member', 'remove', String(id)], old);
  const causes = async () => {
    const { events } = await cluster.succeed<{ events: { cause: string }[] }>(['cluster', 'history'], old);
    return events.map(({ cause }) => cause);
  };

  /** The change was given up before it was joint; its voter to be has stayed a learner. */
  async function expectHeld(outcome: { exitCode: number; json: { errors: readonly ErrorDocument[] } }, id: number) {
    const [error] = outcome.json.errors;
    expect({ exitCode: outcome.exitCode, error }).toMatchObject({ exitCode: 8, error: { code: 'E_PENDING' } });
    expect(error?.message).toMatch(new RegExp(`node ${id} has made no progress for \\ds`));
    expect(await config()).toMatchObject({ joint: false, voters: old, learners: [id] });
    const record = await run<ChangeStatus>('member', 'change', 'status');
    expect([record.exitCode, record.json.data?.result]).toEqual([1, 'failed']);
    await load.acknowledges(20);
  }

  test('because nobody is at its address stays a learner', async () => {
    await expectHeld(await add(absent, '--stall', '1s'), absent);
    await remove(absent);
  });

  test('because it has the disk of another cluster is refused where that is seen, and stays a learner where it comes late', async () => {
    await cluster.startNode(foreign);
    await cluster.succeed(['cluster', 'bootstrap', '--node', `${foreign}=${cluster.address(foreign)}`], [foreign]);
    const before = await config();
    const refused = await add(foreign);
    expect([refused.exitCode, refused.json.errors[0]]).toMatchObject([3, { code: 'E_WRONG_CLUSTER', changed: 'no' }]);
    expect(await config()).toEqual(before);

    await cluster.kill(foreign);
    const change = add(foreign, '--stall', '5s');
    await cluster.until('added', config, ({ learners }) => learners.includes(foreign));
    await cluster.startNode(foreign);
    await expectHeld(await change, foreign);
    await remove(foreign);
  });

  test('because its id left and comes back with an empty disk stays a learner, and is refused where its disk is known before', async () => {
    await cluster.startNode(emptied);
    await cluster.succeed(['member', 'add', cluster.address(emptied), '--voter'], old);
    await remove(emptied);
    await cluster.kill(emptied);
    cluster.wipe(emptied);
    await cluster.startNode(emptied);
    await expectHeld(await add(emptied, '--stall', '1s'), emptied);
    await remove(emptied);

    await cluster.kill(emptied);
    await cluster.startNode(emptied, ['--join', cluster.endpoints(old)]);
    const refused = await cluster.until(
      'announced with its new disk',
      () => add(emptied, '--dry-run'),
      ({ exitCode }) => exitCode !== 0,
    );
    expect([refused.exitCode, refused.json.errors[0]?.code]).toEqual([9, 'E_REFUSED']);
    expect(refused.json.errors[0]?.facts.join()).toContain('comes back with another data directory');
    expect(await config()).toMatchObject({ joint: false, voters: old, learners: [] });
  }, 120_000);

  test('because it stands still stays a learner, and is not promoted either', async () => {
    await cluster.startNode(frozen);
    cluster.node(frozen).freeze();
    const held = await add(frozen, '--stall', '1s');
    await expectHeld(held, frozen);
    expect(held.json.errors[0]?.message).toMatch(/no answer/);
    const refused = await run('member', 'promote', String(frozen));
    expect([refused.exitCode, refused.json.errors[0]?.code]).toEqual([9, 'E_REFUSED']);
    expect(refused.json.errors[0]?.facts.join()).toContain(`n${frozen} has never had anything of the log`);
    await load.acknowledges(20);
    // Of all that was tried so far.
    expect(await causes()).not.toContain('entered-joint');
  });

  const change = ['member', 'change', '--voters', `1,${absent},${frozen}`, '--explicit-leave'];
  const risks = ['--accept-risk', 'learner-ready,incoming-quorum-live'];

  test('and has never had anything may not be counted on, whatever the risk: its vote would be refused for good', async () => {
    const peer = ['--peer', `${absent}=${cluster.address(absent)}`];
    await cluster.succeed(['member', 'change', '--learners', `${absent},${frozen}`, ...peer], old);
    const refused = await run(...change, ...risks);
    expect([refused.exitCode, refused.json.errors[0]?.code]).toEqual([9, 'E_REFUSED']);
    expect(refused.json.errors[0]?.facts.join()).toContain(`n${absent} has never had anything of the log`);
    expect(await config()).toMatchObject({ joint: false, voters: old, learners: [absent, frozen] });
    await load.acknowledges(20);
  });

  test('but was there once is counted on at the risk of who asks: writes stop, and all say who is missing and what helps', async () => {
    await cluster.startNode(absent);
    cluster.node(frozen).thaw();
    const caughtUp = [absent, frozen].map((id) => `node=${id}:caught-up`);
    await cluster.succeed(['wait', ...caughtUp, '--timeout', '30s'], old);
    await cluster.kill(absent);
    cluster.node(frozen).freeze();
    const refused = await cluster.until(
      'missed',
      () => run(...change, '--dry-run'),
      ({ json }) => (json.errors[0]?.facts.length ?? 0) === 2,
    );
    expect([refused.exitCode, refused.json.errors[0]?.code]).toEqual([9, 'E_REFUSED']);
    await load.acknowledges(20);

    const taken = await run(...change, ...risks);
    // It gets as far as being joint, or its leader has gone by then: what cannot be led tells nobody.
    expect([0, 7]).toContain(taken.exitCode);
    const { json } = await cluster.until(
      'stuck',
      () => run<ChangeStatus>('member', 'change', 'status'),
      ({ exitCode }) => exitCode === 5,
    );
    expect(json.errors[0]).toMatchObject({
      code: 'E_CHANGE_STUCK',
      message: expect.stringContaining(`it waits for n${absent}, n${frozen}`),
    });
    expect(json.data).toMatchObject({ stuck: true, canAbort: false, result: 'running' });
    expect(json.data?.quorums).toMatchObject([
      { set: 'incoming', missing: [absent, frozen] },
      { set: 'outgoing', missing: [] },
    ]);
    const helps = `bring back one of n${absent} at ${cluster.address(absent)}, n${frozen} at ${cluster.address(frozen)}`;
    expect(json.data?.advice.join('\n')).toContain(helps);

    const doctor = await run<Doctor>('cluster', 'doctor');
    expect(doctor.exitCode).toBe(5);
    const findings = new Map(doctor.json.data?.findings.map((finding) => [finding.id, finding]));
    expect(findings.get('joint-without-majorities')).toMatchObject({
      nodes: [absent, frozen],
      next: expect.arrayContaining([`start n${absent} or n${frozen}`]),
    });
    expect(findings.get('change-stuck')?.evidence.join('\n')).toContain(helps);
  }, 120_000);

  test('and once one of them is back the joint configuration is rolled back in one step, and nothing is lost', async () => {
    cluster.node(frozen).thaw();
    await cluster.succeed(['wait', 'leader', '--timeout', '30s'], old);
    const aborted = await cluster.succeed<ChangeStatus>(['member', 'change', 'abort'], old);
    expect(aborted).toMatchObject({ result: 'aborted' });
    expect((await causes()).filter((cause) => cause === 'rolled-back')).toHaveLength(1);
    expect(await config()).toMatchObject({ joint: false, voters: old, learners: [absent, frozen] });
    await load.acknowledges(20);
    await load.stop();
    const { leader } = await cluster.succeed<ClusterStatus>(['status'], old);
    const pairs = await localPairs(cluster.address(leader?.id ?? 1));
    expect(missingWrites(load.acknowledged.values(), pairs)).toEqual([]);
  });
});
