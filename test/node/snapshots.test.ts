import { afterEach, expect, it, vi } from 'vitest';
import { RaftctlError } from '../../src/base/errors.js';
import { silentLogger } from '../../src/base/logger.js';
import { Message, MessageType } from '../../src/gen/raft/v1/raft.js';
import { noMetrics } from '../../src/node/no-metrics.js';
import { defaultNodeConfig } from '../../src/node/node-config.js';
import type { LogStore, Transport } from '../../src/node/ports.js';
import { Snapshots, type SnapshotsOptions } from '../../src/node/snapshots.js';
import { put } from './calls.js';
import { MemoryCluster } from './memory-cluster.js';

let cluster: MemoryCluster;
afterEach(() => cluster.close());

const noTransport: Transport = {
  start: () => {},
  setPeers: () => {},
  send: () => {},
  sendSnapshot: () => Promise.resolve(),
  links: () => [],
  announceIntent: () => {},
  close: () => Promise.resolve(),
};

/** The snapshots of a node that leads nobody and sends nothing, but for what a story needs. */
function snapshotsOf(store: LogStore, needed: Partial<SnapshotsOptions>): Snapshots {
  return new Snapshots({
    ...{ config: defaultNodeConfig, store, transport: noTransport, clock: () => 0, logger: silentLogger },
    ...{ metrics: noMetrics, onTransferEnded: () => {}, onTransferTold: () => {}, onKnown: () => {} },
    ...{ lowestActiveMatch: () => undefined, requireRoom: () => {}, isInstalling: () => false },
    position: () => ({ term: 1, commit: 1 }),
    ...needed,
  });
}

function offer(index: number): Message {
  const confState = { voters: [1, 2], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
  const snapshot = { data: new Uint8Array(0), metadata: { index, term: 1, confState } };
  return Message.fromPartial({ msgType: MessageType.SNAPSHOT, from: 2, to: 1, term: 1, snapshot });
}

it('stages no second snapshot as long as the first one waits to be installed, however many turns that takes', async () => {
  cluster = await MemoryCluster.bootstrapped([1]);
  const { store } = await cluster.leader();
  const finished: number[] = [];
  vi.spyOn(store.snapshots, 'receive').mockImplementation(async ({ index }) => ({
    write: () => Promise.resolve(),
    abort: () => Promise.resolve(),
    finish: async () => void finished.push(index),
  }));
  let isInstalling = false;
  const snapshots = snapshotsOf(store, { isInstalling: () => isInstalling });
  await (await snapshots.receive(offer(5))).finish();
  // The core takes it, but the disk is busy: the turns that follow write nothing.
  isInstalling = true;
  snapshots.onTurnEnded();
  snapshots.onTurnEnded();
  const second = await snapshots.receive(offer(7));
  await expect(second.finish()).rejects.toMatchObject({ code: 'E_OVERLOADED', retryable: true });
  isInstalling = false;
  snapshots.onTurnEnded();
  await (await snapshots.receive(offer(8))).finish();
  expect(finished).toEqual([5, 8]);
});

it('takes one snapshot for each share of log, though a slow peer needs what is before it, and cuts that peer off in the end', async () => {
  cluster = await MemoryCluster.bootstrapped([1]);
  const { store } = await cluster.leader();
  let [applied, logBytes, firstIndex] = [100, 1000, 2];
  const log: string[] = [];
  vi.spyOn(store, 'flushedApplied', 'get').mockImplementation(() => applied);
  vi.spyOn(store, 'logBytes', 'get').mockImplementation(() => logBytes);
  vi.spyOn(store, 'firstIndex').mockImplementation(() => firstIndex);
  vi.spyOn(store, 'compact').mockImplementation(async (index) => {
    log.push(`compacted to ${index}`);
    logBytes = Math.round((logBytes * (applied - index)) / (applied - firstIndex + 1));
    firstIndex = index + 1;
  });
  vi.spyOn(store.snapshots, 'create').mockImplementation(async () => {
    log.push(`snapshot at ${applied}`);
    const confState = { voters: [1], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
    return { index: applied, term: 1, bytes: 1, createdMs: 0, confState, checksum: 0 };
  });
  const snapshots = snapshotsOf(store, {
    config: { ...defaultNodeConfig, snapshotLogBytes: 1000, keepEntries: 0 },
    lowestActiveMatch: () => 1,
  });
  const turns = async (count: number) => {
    for (let turn = 0; turn < count; turn++) {
      snapshots.maybeTake();
      await new Promise(setImmediate);
      applied++;
      logBytes += 10;
    }
  };
  await turns(90);
  expect(log).toEqual(['snapshot at 100']);
  await turns(20);
  expect(log).toEqual(['snapshot at 100', 'snapshot at 200', 'compacted to 200']);
});

it('ends the node where a snapshot, whoever wanted it, finds the state damaged: a leader without one would leave who lags behind for ever', async () => {
  cluster = await MemoryCluster.bootstrapped([1]);
  const { node, store } = await cluster.leader();
  const ended = new Promise((resolve) => node.onFatal(resolve));
  const damage = new RaftctlError('E_CORRUPT', 'the record 61 of the state is damaged');
  vi.spyOn(store.snapshots, 'damage', 'get').mockReturnValue(damage);
  expect(await ended).toBe(damage);
});

it('has the core answer the offer of a snapshot whose state is here: the leader had not heard that it arrived, and would offer it for ever', async () => {
  cluster = await MemoryCluster.bootstrapped([1]);
  const { store } = await cluster.leader();
  const known: number[] = [];
  const snapshots = snapshotsOf(store, {
    onKnown: ({ snapshot }) => known.push(snapshot?.metadata?.index ?? 0),
    position: () => ({ term: 1, commit: 7 }),
  });
  await expect(snapshots.receive(offer(7))).rejects.toMatchObject({ code: 'E_REFUSED' });
  // Of a leader that is none any more.
  await expect(snapshots.receive({ ...offer(6), term: 0 })).rejects.toMatchObject({ code: 'E_REFUSED' });
  expect(known).toEqual([7]);
});

it('goes on writing where a snapshot arrived and its sender did not hear of it, though nobody else makes a quorum', async () => {
  cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
  const { id } = await cluster.leader();
  const [behind = 0, other = 0] = [1, 2, 3].filter((one) => one !== id);
  for (const one of [id, other]) cluster.network.cut(one, behind);
  for (let count = 0; count < 5; count++) await cluster.onLeader((leader) => put(leader, `key-${count}`));
  await cluster.onLeader(({ node }) => node.triggerSnapshot(0));
  const ahead = await cluster.leader();
  const end = cluster.network.ends.get(ahead.id);
  if (end === undefined) throw new Error('the leader has no end of the network');
  const send = end.sendSnapshot.bind(end);
  const sending = vi.spyOn(end, 'sendSnapshot');
  sending.mockImplementationOnce(async (...told) => {
    // What it says of itself once the snapshot is installed is lost, and so is the end of the transfer.
    cluster.network.lose(MessageType.APPEND_RESPONSE, ahead.id);
    await send(...told);
    const { index = 0 } = told[0].snapshot?.metadata ?? {};
    await cluster.until(() => cluster.at(behind).store.flushedApplied >= index || undefined);
    await cluster.turns(behind, 3);
    cluster.network.heal();
    throw new Error('the connection broke');
  });
  await cluster.crash(ahead.id === id ? other : id);
  cluster.network.heal();
  const { index } = await cluster.onLeader((leader) => put(leader, 'last'));
  expect(sending.mock.calls.length).toBeGreaterThan(1);
  await cluster.until(() => cluster.at(behind).store.flushedApplied >= index || undefined);
});
