import { afterEach, describe, expect, it } from 'vitest';
import { ControlCommand } from '../../src/gen/raftctl/v1/control.js';
import { EventType, type HistoryEvent, type ListEventsRequest } from '../../src/gen/raftctl/v1/history.js';
import { CommandKind } from '../../src/gen/raftctl/v1/proposal.js';
import { HISTORY_EVENTS_MAX } from '../../src/node/history.js';
import { put } from './calls.js';
import { MemoryCluster, type TestNode } from './memory-cluster.js';

let cluster: MemoryCluster;
afterEach(() => cluster.close());

type Leader = TestNode & { id: number };

const everything: ListEventsRequest = { since: 0, types: [], limit: 0 };
const events = ({ node }: TestNode, type?: EventType) =>
  node.listEvents({ ...everything, types: type === undefined ? [] : [type] }).events;
const elections = (running: TestNode) => events(running, EventType.LEADER);

/** A cluster whose first election is in its history, on all nodes. */
async function begun(voters: number[]): Promise<{ leader: Leader; others: number[] }> {
  cluster = await MemoryCluster.bootstrapped(voters);
  const leader = await cluster.leader();
  await cluster.until(() => [...cluster.nodes.values()].every((one) => elections(one).length === 1) || undefined);
  return { leader, others: voters.filter((id) => id !== leader.id) };
}

/** Writes `count` events of a kind that nothing else makes. */
async function record({ node }: TestNode, count: number): Promise<void> {
  const event = { type: EventType.ALARM, cause: 'test' };
  const command = ControlCommand.fromPartial({ command: { $case: 'recordEvent', value: { event } } });
  const payload = ControlCommand.encode(command).finish();
  await Promise.all(Array.from({ length: count }, () => node.propose({ kind: CommandKind.CONTROL, payload })));
}

/** Takes `count` events, and goes away. */
async function take(watched: AsyncIterable<HistoryEvent>, count: number): Promise<HistoryEvent[]> {
  const taken: HistoryEvent[] = [];
  for await (const event of watched) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}

describe('the history of a cluster', () => {
  it('begins with the first election, which is one entry behind the one of the new leader', async () => {
    const { leader } = await begun([1, 2, 3]);
    const { hardState, log } = leader.node.status();
    expect(elections(leader)).toMatchObject([
      {
        seq: log?.last,
        node: leader.id,
        term: hardState?.term,
        cause: 'started',
        text: `node ${leader.id} was elected: the first leader that it knows of since it started`,
      },
    ]);
    const votes = elections(leader)[0]?.votes ?? [];
    expect(votes).toContain(leader.id);
    expect(votes).toEqual([1, 2, 3].filter((id) => votes.includes(id)));
    expect(votes.length).toBeGreaterThanOrEqual(2);
    expect(elections(leader)[0]?.atMs).toBeGreaterThan(Date.now() - 60_000);
  });

  it('has one event more after an election, and two entries: that of the leader and that of the event', async () => {
    const { leader, others } = await begun([1, 2, 3]);
    const before = leader.node.status();
    await cluster.crash(leader.id);
    const next = await cluster.leader();
    await cluster.until(() => elections(next).length === 2 || undefined);
    const { hardState } = next.node.status();
    const terms = hardState!.term - before.hardState!.term;
    expect(terms).toBeGreaterThan(0);
    expect(elections(next)[1]).toMatchObject({ node: next.id, term: hardState?.term, cause: 'elected' });
    expect(elections(next)[1]?.text).toMatch(
      new RegExp(`^node ${next.id} was elected: node ${leader.id} had not been heard of for \\d+\\.\\ds$`),
    );
    expect(others).toContain(next.id);
    expect(elections(next)[1]!.seq - before.log!.last).toBe(2);
  });

  it('tells a transfer from an election', async () => {
    const { leader, others } = await begun([1, 2, 3]);
    const [target = 0] = others;
    await leader.node.transferLeader(target, undefined);
    await cluster.until(() => elections(cluster.at(target)).length === 2 || undefined);
    expect(elections(cluster.at(target))[1]).toMatchObject({
      node: target,
      cause: 'transferred',
      text: `node ${target} took over from node ${leader.id}`,
    });
  });

  it('does not grow while nothing happens', async () => {
    const { leader } = await begun([1, 2, 3]);
    const before = leader.node.status().log!;
    await cluster.turns(leader.id, 200);
    expect(leader.node.status()).toMatchObject({ leader: leader.id, log: { last: before.last, bytes: before.bytes } });
  });

  it('says who went out of the leader’s reach, and who came back', async () => {
    const { leader, others } = await begun([1, 2, 3]);
    const [lost = 0] = others;
    await cluster.crash(lost);
    await cluster.until(() => events(leader, EventType.HEALTH).length === 1 || undefined);
    await cluster.start(lost);
    await cluster.until(() => events(leader, EventType.HEALTH).length === 2 || undefined);
    expect(events(leader, EventType.HEALTH)).toMatchObject([
      {
        node: lost,
        cause: 'unreachable',
        text: expect.stringMatching(/^node \d has been out of reach for \d+\.\ds: cut$/),
      },
      { node: lost, cause: 'reachable', text: expect.stringMatching(/^node \d is in reach again, after \d+\.\ds$/) },
    ]);
  });

  it('does not repeat under a new leader what the last one has said', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3, 4, 5]);
    const leader = await cluster.leader();
    const [lost = 0, heir = 0] = [1, 2, 3, 4, 5].filter((id) => id !== leader.id);
    await cluster.crash(lost);
    await cluster.until(() => events(leader, EventType.HEALTH).length === 1 || undefined);
    await leader.node.transferLeader(heir, undefined);
    await cluster.start(lost);
    await cluster.until(() => events(cluster.at(heir), EventType.HEALTH).length === 2 || undefined);
    const told = events(cluster.at(heir), EventType.HEALTH).map(({ node, cause, term }) => ({ node, cause, term }));
    const terms = elections(cluster.at(heir)).map(({ term }) => term);
    expect(told).toEqual([
      { node: lost, cause: 'unreachable', term: terms.at(-2) },
      { node: lost, cause: 'reachable', term: terms.at(-1) },
    ]);
  });

  it('says which snapshots were sent', async () => {
    const { leader, others } = await begun([1, 2, 3]);
    const [behind = 0] = others;
    await cluster.crash(behind);
    for (const key of ['a', 'b']) {
      const { index } = await put(leader, key);
      await cluster.until(() => leader.store.flushedApplied >= index || undefined);
    }
    await leader.node.triggerSnapshot(0);
    await cluster.start(behind);
    await cluster.until(() => events(leader, EventType.SNAPSHOT).length > 0 || undefined);
    expect(events(leader, EventType.SNAPSHOT)[0]).toMatchObject({
      node: behind,
      cause: 'sent',
      text: expect.stringMatching(/^the snapshot of index \d+ \(\d+ bytes\) was sent to node \d$/),
    });
  });

  it('is listed by type, from an event on, and the newest of them', async () => {
    const { leader } = await begun([1]);
    await record(leader, 5);
    await cluster.until(() => events(leader).length === 6 || undefined);
    const all = events(leader);
    const list = (request: Partial<ListEventsRequest>) =>
      leader.node.listEvents({ ...everything, ...request }).events.map(({ seq }) => seq);
    expect(list({ types: [EventType.ALARM], limit: 2 })).toEqual(all.slice(-2).map(({ seq }) => seq));
    expect(list({ since: all[2]?.seq ?? 0 })).toEqual(all.slice(3).map(({ seq }) => seq));
    expect(list({ types: [EventType.RECOVERY] })).toEqual([]);
    expect(leader.node.listEvents(everything).oldest).toBe(all[0]?.seq);
  });

  it('is the same on all nodes', async () => {
    const { leader, others } = await begun([1, 2, 3]);
    await leader.node.transferLeader(others[0] ?? 0, undefined);
    const now = await cluster.leader();
    await record(now, 20);
    await cluster.until(() => [...cluster.nodes.values()].every((one) => events(one).length === 22) || undefined);
    for (const one of cluster.nodes.values()) expect(events(one)).toEqual(events(now));
  });
});

describe('a watcher of the history', () => {
  it('gets what it missed, and then each event as it happens, in order', async () => {
    const { leader } = await begun([1]);
    await record(leader, 3);
    const watched = take(leader.node.watchEvents({ since: 0, types: [] }), 7);
    await record(leader, 3);
    const taken = await watched;
    expect(taken).toEqual(events(leader));
  });

  it('gets only what is new where it names no beginning, and only the types it wants', async () => {
    const { leader, others } = await begun([1, 2, 3]);
    const watched = take(leader.node.watchEvents({ types: [EventType.LEADER] }), 1);
    await record(leader, 3);
    await leader.node.transferLeader(others[0] ?? 0, undefined);
    expect(await watched).toMatchObject([{ node: others[0], cause: 'transferred' }]);
  });

  it('goes on at another node where it was cut off, missing nothing and hearing nothing twice', async () => {
    const { leader, others } = await begun([1, 2, 3]);
    await record(leader, 6);
    const first = await take(leader.node.watchEvents({ since: 0, types: [] }), 4);
    const rest = take(cluster.at(others[0] ?? 0).node.watchEvents({ since: first.at(-1)?.seq, types: [] }), 5);
    await record(leader, 2);
    expect([...first, ...(await rest)]).toEqual(events(leader).slice(0, 9));
  });

  it('hears of everything once across a snapshot that replaces what its node has', async () => {
    const { leader, others } = await begun([1, 2, 3]);
    const [behind = 0] = others;
    const watcher = cluster.at(behind).node.watchEvents({ since: 0, types: [EventType.ALARM] });
    const watched = take(watcher, 30);
    await record(leader, 10);
    for (const id of [1, 2, 3]) if (id !== behind) cluster.network.cut(id, behind);
    await record(leader, 10);
    await leader.node.triggerSnapshot(0);
    const first = leader.node.status().log!.first;
    expect(cluster.at(behind).node.status().log!.last).toBeLessThan(first);
    cluster.network.heal();
    await cluster.until(() => (cluster.at(behind).node.status().log!.applied ?? 0) >= first || undefined);
    await record(await cluster.leader(), 10);
    const seqs = (await watched).map(({ seq }) => seq);
    expect(seqs).toEqual(events(cluster.at(behind), EventType.ALARM).map(({ seq }) => seq));
    expect(new Set(seqs).size).toBe(30);
  });

  it('is told where it is too late, or too slow, rather than left with a gap; nothing is kept for it', async () => {
    const { leader } = await begun([1]);
    const slow = leader.node.watchEvents({ since: 0, types: [] })[Symbol.asyncIterator]();
    expect(await slow.next()).toMatchObject({ done: false });
    await record(leader, HISTORY_EVENTS_MAX + 10);
    await cluster.until(() => events(leader).length === HISTORY_EVENTS_MAX || undefined);
    const { oldest } = leader.node.listEvents(everything);
    await expect(slow.next()).rejects.toMatchObject({
      code: 'E_OVERLOADED',
      retryable: true,
      hint: expect.stringMatching(/^raftctl watch --since \d+$/),
    });
    const late = leader.node.watchEvents({ since: 3, types: [] })[Symbol.asyncIterator]();
    await expect(late.next()).rejects.toMatchObject({
      code: 'E_NOT_FOUND',
      message: `not all events after 3 are remembered: the oldest one is ${oldest}`,
    });
    const [first] = await take(leader.node.watchEvents({ since: 0, types: [] }), 1);
    expect(first?.seq).toBe(oldest);
  });

  it('ends when its caller goes away, and with the node', async () => {
    const { leader } = await begun([1]);
    const caller = new AbortController();
    const watch = (signal?: AbortSignal) =>
      take(leader.node.watchEvents({ types: [] }, signal === undefined ? {} : { signal }), 1);
    const left = watch(caller.signal);
    const stayed = expect(watch()).rejects.toMatchObject({ code: 'E_STOPPED', retryable: true });
    caller.abort();
    expect(await left).toEqual([]);
    await leader.node.stop();
    await stayed;
  });
});
