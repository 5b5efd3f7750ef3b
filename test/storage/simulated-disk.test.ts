import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { silentLogger } from '../../src/base/logger.js';
import { seededRandom } from '../../src/base/random.js';
import type { LmdbStore } from '../../src/storage/index.js';
import { openUnderLock } from '../../src/storage/open-store.js';
import { install, Machine } from '../simulation/cluster/machine.js';
import { VirtualTime } from '../simulation/cluster/virtual-time.js';
import { describeStorage } from './storage-contract.js';
import { apply, bytes, clusterSpec, entry, run, text } from './store-fixture.js';
import { storeUnderTest } from './store-under-test.js';

vi.mock('lmdb', () => import('../simulation/cluster/substitutes/lmdb.js'));
vi.mock('node:fs/promises', async (original) => ({
  ...(await original<typeof import('node:fs/promises')>()),
  ...(await import('../simulation/cluster/substitutes/fs-promises.js')),
}));
vi.mock('node:timers/promises', () => import('../simulation/cluster/substitutes/timers-promises.js'));

/** Time that passes whenever nothing else happens. */
const time = new VirtualTime();
let isOver = false;
let machines = 0;

beforeAll(() => {
  const pass = async () => {
    while (!isOver) {
      await time.run(time.nowMs + 1000, () => {});
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  void pass();
});
afterAll(() => {
  isOver = true;
});

function newMachine(): Machine {
  const machine = new Machine(++machines, time, seededRandom(machines), { writeMs: 0.1, flushMs: 5 });
  install([machine]);
  machine.powerOn();
  return machine;
}

function open({ dataDir }: Machine): Promise<LmdbStore> {
  return openUnderLock({ dataDir, nodeId: 1, stateMachine: 'kv', logger: silentLogger, clock: () => 0 }, undefined);
}

/** The power fails, and the node starts again. */
function restart(machine: Machine): Promise<LmdbStore> {
  machine.powerOff();
  machine.powerOn();
  return open(machine);
}

async function bootstrapped(machine = newMachine()): Promise<{ machine: Machine; store: LmdbStore }> {
  const store = await open(machine);
  await store.bootstrap(clusterSpec, []);
  return { machine, store };
}

describeStorage('storage on a simulated disk, whose power fails', async () => {
  const { machine, store } = await bootstrapped();
  return storeUnderTest(store, () => restart(machine));
});

describe('a flush that fails', () => {
  test('takes with it all that was queued behind it, so that nothing stands on what is lost', async () => {
    for (let round = 0; round < 6; round++) {
      const { machine, store } = await bootstrapped();
      await store.write({ entries: run(2, 5, 1) });
      machine.faults.failsNextFlush = true;
      const first = apply(store, 2, 1, { a: '1' });
      // Handed over while the first one is on its way to the disk.
      await time.sleep(1);
      const second = apply(store, 3, 1, { b: '2' });
      await expect(first).rejects.toThrow('a write to the data directory failed');
      await expect(second).rejects.toThrow('a write to the data directory failed');
      const again = await restart(machine);
      // Of the first nobody can say whether it is there; of the second it is sure.
      const keys = [...again.view().range({ start: bytes('a') })].map(({ key }) => text(key));
      expect(again.applied.index === 2 ? ['a'] : []).toEqual(keys);
    }
  });

  test('leaves a log without a gap', async () => {
    const { machine, store } = await bootstrapped();
    machine.faults.failsNextFlush = true;
    const first = store.write({ entries: [entry(2, 1)] });
    await time.sleep(1);
    const second = store.write({ entries: [entry(3, 1)] });
    await expect(Promise.allSettled([first, second])).resolves.toMatchObject([
      { status: 'rejected' },
      { status: 'rejected' },
    ]);
    expect((await restart(machine)).lastIndex()).toBeLessThanOrEqual(2);
  });
});

describe('a disk that is full', () => {
  test('fails the write, and goes on behind a restart once there is room', async () => {
    const { machine, store } = await bootstrapped();
    machine.faults.isFull = true;
    await expect(store.write({ entries: [entry(2, 1)] })).rejects.toMatchObject({ code: 'E_DISK' });
    machine.faults.isFull = false;
    const again = await restart(machine);
    await again.write({ entries: [entry(2, 1)] });
    expect(again.lastIndex()).toBe(2);
  });

  test('fails a snapshot by an error that says so', async () => {
    const { machine, store } = await bootstrapped();
    machine.faults.isFull = true;
    await expect(store.snapshots.create()).rejects.toMatchObject({ code: 'E_DISK' });
    machine.faults.isFull = false;
    expect((await store.snapshots.create()).index).toBe(1);
  });
});

describe('a flipped bit', () => {
  test.each(['log', 'meta'])('in the table %s is found when the node starts', async (table) => {
    const { machine, store } = await bootstrapped();
    await store.write({ entries: run(2, 4, 1) });
    expect(machine.flipBit(table)).toBeDefined();
    await expect(restart(machine)).rejects.toMatchObject({ code: 'E_CORRUPT' });
  });
});
