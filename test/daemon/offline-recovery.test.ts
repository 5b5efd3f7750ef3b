import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/base/logger.js';
import { applyRecovery, collectNode, type RecoveryStep } from '../../src/daemon/offline.js';
import { EventType } from '../../src/gen/raftctl/v1/history.js';
import { KvAnswer, KvQuery } from '../../src/gen/raftctl/v1/kv.js';
import { Command } from '../../src/gen/raftctl/v1/proposal.js';
import { eventsAfter } from '../../src/node/history.js';
import { readMembers } from '../../src/node/members.js';
import { ReplicatedState } from '../../src/node/replicated-state.js';
import { SESSIONS_MAX } from '../../src/node/sessions.js';
import { readTombstones } from '../../src/node/tombstones.js';
import { planRecovery, type RecoveryPlan } from '../../src/recovery/index.js';
import { KvMachine } from '../../src/state-machine/index.js';
import { openStore } from '../../src/storage/index.js';
import { crashed, put, removeNode, stoppedNode, temporaryFolder } from './offline-fixture.js';

const planId = 'c0ffee'.padEnd(64, '0');
const now = new Date('2026-01-01T00:00:00.000Z');

const wish = { lost: [3, 4, 5], by: 'op@host', reason: 'fire', createdAt: now.toISOString() };

/** Nodes 1 and 2 of five are left: 1 has entries that 2 has not, and 2 has one that 1 has not. */
async function survivors(): Promise<{ base: string; other: string; plan: RecoveryPlan }> {
  const base = await stoppedNode(1, { terms: [1, 1, 2, 2, 2, 2], commit: 4, term: 5 });
  const other = await stoppedNode(2, { terms: [1, 1, 1], commit: 3, term: 6 });
  const collected = await Promise.all([base, other].map((dataDir) => collectNode(dataDir, now)));
  return { base, other, plan: planRecovery(collected, wish) };
}

/** Opens a directory as the node itself does, and says what is in it. */
async function inside(dataDir: string, nodeId: number) {
  const store = await openStore({ dataDir, nodeId, stateMachine: 'kv', logger: silentLogger });
  try {
    const view = store.view();
    const state = new ReplicatedState(new KvMachine(), SESSIONS_MAX);
    const list = KvQuery.encode({ op: { $case: 'list', value: { prefix: '', after: '', limit: 100 } } }).finish();
    const { pairs } = KvAnswer.decode(state.read(view, list));
    return {
      incarnation: store.identity.incarnation,
      settings: store.settings,
      supersededBy: store.identity.supersededBy,
      log: [store.firstIndex(), store.lastIndex(), store.term(store.lastIndex())],
      hardState: store.initialState().hardState,
      applied: store.applied,
      snapshots: store.snapshots.list().map(({ index, term }) => [index, term]),
      members: readMembers(view).map(({ id }) => id),
      tombstones: readTombstones(view).map(({ member, removedIndex }) => [member?.id, removedIndex]),
      events: [...eventsAfter(view, 0, [EventType.RECOVERY])],
      keys: pairs.map(({ key, value }) => `${key} ${value}`),
    };
  } finally {
    await store.close();
  }
}

describe('a plan that is carried out on both survivors', () => {
  test('leaves them at the same index and term, with the same state, in the next incarnation', async () => {
    const { base, other, plan } = await survivors();
    const { after } = plan.incarnation;
    const first = await applyRecovery(plan, { dataDir: base, planId });
    expect(first).toMatchObject({ id: 1, isBase: true, already: false, incarnation: after, index: 8, term: 7 });
    const second = await applyRecovery(plan, { dataDir: other, planId, snapshot: first.snapshot });
    expect(second).toMatchObject({ id: 2, isBase: false, already: false, incarnation: after, index: 8, term: 7 });

    const [one, two] = [await inside(base, 1), await inside(other, 2)];
    expect(two).toEqual(one);
    const confState = { voters: [1, 2], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
    expect(one).toMatchObject({
      incarnation: after,
      log: [9, 8, 7],
      hardState: { term: 7, vote: 0, commit: 8 },
      applied: { index: 8, term: 7, configIndex: 8, confState },
      snapshots: [[8, 7]],
      members: [1, 2],
      tombstones: [
        [3, 8],
        [4, 8],
        [5, 8],
      ],
    });
    expect(one.events).toMatchObject([{ seq: 8, cause: 'recovered', by: 'op@host', reason: 'fire', confState }]);
    // All that the base had, committed or not, and nothing of what only the other one had.
    expect(one.keys).toEqual(
      [2, 3].map((i) => `key-${i} "${i} of 1"`).concat([4, 5, 6, 7].map((i) => `key-${i} "${i} of 2"`)),
    );
  });

  test('lets clients go on with their sessions: what they send again is not applied twice', async () => {
    const { base, plan } = await survivors();
    await applyRecovery(plan, { dataDir: base, planId });
    const store = await openStore({ dataDir: base, nodeId: 1, stateMachine: 'kv', logger: silentLogger });
    const state = new ReplicatedState(new KvMachine(), SESSIONS_MAX);
    const again = Command.encode(Command.decode(put(7, 2).data)).finish();
    const outcome = state.apply(store.beginApply(), { ...store.applied, index: 9, term: 8 }, again);
    expect(outcome).toMatchObject({ index: 7, term: 2, duplicate: true });
    await store.close();
  });

  test('is not carried out again, and leaves a copy of what was before', async () => {
    const { base, plan } = await survivors();
    const before = await collectNode(base, now);
    const { backup } = await applyRecovery(plan, { dataDir: base, planId });
    expect(await collectNode(backup, now)).toEqual({ ...before, dataDir: backup });
    const after = await collectNode(base, now);
    expect(await applyRecovery(plan, { dataDir: base, planId })).toMatchObject({ already: true, backup });
    expect(await collectNode(base, now)).toEqual(after);
  });

  test('lets a survivor in that was started too early and has heard that it was left out', async () => {
    const { base, other, plan } = await survivors();
    const { after } = plan.incarnation;
    const { snapshot } = await applyRecovery(plan, { dataDir: base, planId });
    const store = await openStore({ dataDir: other, nodeId: 2, stateMachine: 'kv', logger: silentLogger });
    await store.supersede(after);
    await store.close();
    await applyRecovery(plan, { dataDir: other, planId, snapshot });
    expect(await inside(other, 2)).toMatchObject({ incarnation: after, supersededBy: undefined });
  });

  test('lifts what keeps a survivor from leading, and says so', async () => {
    const { base, other, plan } = await survivors();
    for (const [dataDir, nodeId, settings] of [
      [base, 1, { drained: true, electionsPaused: false }],
      [other, 2, { drained: true, electionsPaused: true }],
    ] as const) {
      const store = await openStore({ dataDir, nodeId, stateMachine: 'kv', logger: silentLogger });
      await store.saveSettings(settings);
      await store.close();
    }
    const first = await applyRecovery(plan, { dataDir: base, planId });
    const second = await applyRecovery(plan, { dataDir: other, planId, snapshot: first.snapshot });
    expect([first.lifted, second.lifted]).toEqual([['drained'], ['drained', 'electionsPaused']]);
    for (const [dataDir, nodeId] of [
      [base, 1],
      [other, 2],
    ] as const) {
      expect((await inside(dataDir, nodeId)).settings).toEqual({ drained: false, electionsPaused: false });
    }
    expect((await applyRecovery(plan, { dataDir: base, planId })).lifted).toEqual([]);
  });

  test('writes a member down again that the base was to remove, and that goes on all the same', async () => {
    const base = await stoppedNode(1, { terms: [1], commit: 2, term: 2, more: [removeNode(3, 2, 3)] });
    const other = await stoppedNode(3, { terms: [1], commit: 2, term: 1 });
    const collected = await Promise.all([base, other].map((dataDir) => collectNode(dataDir, now)));
    const plan = planRecovery(collected, { ...wish, lost: [2, 4, 5] });
    expect(plan.start.confState).toMatchObject({ voters: [1], learners: [3] });
    const { snapshot } = await applyRecovery(plan, { dataDir: base, planId });
    await applyRecovery(plan, { dataDir: other, planId, snapshot });
    const whole = await inside(other, 3);
    expect(whole.members).toEqual([1, 3]);
    expect(whole.tombstones.map(([id]) => id)).toEqual([2, 4, 5]);
  });
});

describe('a run that is torn', () => {
  /** Carries the plan out, with a copy of the directory as of the beginning of each step. */
  async function copiesAtEachStep(plan: RecoveryPlan, dataDir: string, snapshot?: string) {
    const copies: [RecoveryStep, string][] = [];
    await applyRecovery(plan, { dataDir, planId, snapshot, onStep: (step) => copies.push([step, crashed(dataDir)]) });
    return copies;
  }

  const steps = {
    base: ['check', 'copy', 'begin', 'apply', 'snapshot', 'install', 'identity', 'end'],
    other: ['check', 'copy', 'begin', 'install', 'identity', 'end'],
  };

  test('before any step is finished by the same command, on the base', async () => {
    const { base, plan } = await survivors();
    const copies = await copiesAtEachStep(plan, base);
    const whole = await inside(base, 1);
    expect(copies.map(([step]) => step)).toEqual(steps.base);
    for (const [step, copy] of copies) {
      await applyRecovery(plan, { dataDir: copy, planId });
      expect([step, await inside(copy, 1)]).toEqual([step, whole]);
    }
  });

  test('and on the others', async () => {
    const { base, other, plan } = await survivors();
    const { snapshot } = await applyRecovery(plan, { dataDir: base, planId });
    const copies = await copiesAtEachStep(plan, other, snapshot);
    const whole = await inside(other, 2);
    expect(copies.map(([step]) => step)).toEqual(steps.other);
    for (const [step, copy] of copies) {
      await applyRecovery(plan, { dataDir: copy, planId, snapshot });
      expect([step, await inside(copy, 2)]).toEqual([step, whole]);
    }
  });

  test('is finished where the process itself fails between two steps', async () => {
    const { base, plan } = await survivors();
    for (const failing of steps.base) {
      const onStep = (step: string) => {
        if (step === failing) throw new Error(`failed at ${step}`);
      };
      await expect(applyRecovery(plan, { dataDir: base, planId, onStep })).rejects.toThrow(`failed at ${failing}`);
    }
    expect(await applyRecovery(plan, { dataDir: base, planId })).toMatchObject({ already: false });
    expect(await inside(base, 1)).toMatchObject({ incarnation: plan.incarnation.after, log: [9, 8, 7] });
  });

  test('keeps the node from starting, and another plan from being carried out', async () => {
    const { base, plan } = await survivors();
    const onStep = (step: string) => {
      if (step === 'identity') throw new Error('power cut');
    };
    await expect(applyRecovery(plan, { dataDir: base, planId, onStep })).rejects.toThrow('power cut');
    await expect(inside(base, 1)).rejects.toMatchObject({ code: 'E_REFUSED', exitCode: 9 });
    const otherId = 'd1ce'.padEnd(64, '0');
    await expect(applyRecovery(plan, { dataDir: base, planId: otherId })).rejects.toThrow('by another plan');
  });
});

describe('what is refused, with nothing changed', () => {
  test('a directory that has moved on since it was collected', async () => {
    const { base, other, plan } = await survivors();
    for (const [dataDir, nodeId] of [
      [base, 1],
      [other, 2],
    ] as const) {
      const { snapshot } = await applyRecovery(plan, { dataDir: crashed(base), planId }).catch(() => ({
        snapshot: '',
      }));
      const store = await openStore({ dataDir, nodeId, stateMachine: 'kv', logger: silentLogger });
      const last = store.lastIndex();
      await store.write({ entries: [put(last + 1, store.term(last))] });
      await store.close();
      const before = await collectNode(dataDir, now);
      await expect(applyRecovery(plan, { dataDir, planId, snapshot })).rejects.toThrow('not as it was collected');
      expect(await collectNode(dataDir, now)).toEqual(before);
    }
  });

  test('one that has heard of another recovery, without it: no plan is made of it, and none that was made takes it in', async () => {
    const { base, other, plan } = await survivors();
    const { snapshot } = await applyRecovery(plan, { dataDir: crashed(base), planId });
    for (const [dataDir, nodeId] of [
      [base, 1],
      [other, 2],
    ] as const) {
      const store = await openStore({ dataDir, nodeId, stateMachine: 'kv', logger: silentLogger });
      await store.supersede(plan.incarnation.after + 1);
      await store.close();
      const before = await collectNode(dataDir, now);
      expect(before.supersededBy).toBe(plan.incarnation.after + 1);
      expect(() => planRecovery([before], { ...wish, lost: [1, 2, 3, 4, 5].filter((id) => id !== nodeId) })).toThrow(
        `the cluster was recovered without node ${nodeId}`,
      );
      await expect(applyRecovery(plan, { dataDir, planId, snapshot })).rejects.toThrow(
        `the cluster was recovered without node ${nodeId}`,
      );
      expect(await collectNode(dataDir, now)).toEqual(before);
    }
  });

  test('settings that do not say whether the node may lead', async () => {
    const { base, plan } = await survivors();
    await writeFile(join(base, 'settings.json'), '{"drained": ');
    const before = await collectNode(base, now);
    await expect(applyRecovery(plan, { dataDir: base, planId })).rejects.toMatchObject({ code: 'E_CORRUPT' });
    expect(await collectNode(base, now)).toEqual(before);
    await expect(inside(base, 1)).rejects.toMatchObject({ code: 'E_CORRUPT' });
  });

  test('a damaged one', async () => {
    const { base, plan } = await survivors();
    const path = join(base, 'data.mdb');
    const bytes = await readFile(path);
    for (let at = bytes.indexOf('6 of 2'); at !== -1; at = bytes.indexOf('6 of 2', at + 1)) bytes[at] = 0x37;
    await writeFile(path, bytes);
    await expect(applyRecovery(plan, { dataDir: base, planId })).rejects.toMatchObject({
      code: 'E_CORRUPT',
      exitCode: 14,
    });
    await expect(applyRecovery(plan, { dataDir: base, planId })).rejects.toThrow('entry 6 of the log is damaged');
  });

  test('a node that the plan does not name', async () => {
    const { plan } = await survivors();
    const third = await stoppedNode(3, { terms: [1], commit: 1, term: 1 });
    await expect(applyRecovery(plan, { dataDir: third, planId })).rejects.toThrow('the plan is for nodes 1, 2');
  });

  test('to rebuild a node from nothing, from something else, or from the snapshot of another plan', async () => {
    const { base, other, plan } = await survivors();
    const rebuild = (snapshot?: string) => applyRecovery(plan, { dataDir: other, planId, snapshot });
    await expect(rebuild()).rejects.toMatchObject({ code: 'E_USAGE', exitCode: 2 });
    const letter = join(temporaryFolder(), 'letter.txt');
    await writeFile(letter, 'dear reader');
    await expect(rebuild(letter)).rejects.toMatchObject({ code: 'E_CORRUPT' });
    const elsewhere = { ...plan, start: { ...plan.start, term: plan.start.term + 1 } };
    const { snapshot } = await applyRecovery(elsewhere, { dataDir: base, planId });
    await expect(rebuild(snapshot)).rejects.toMatchObject({ code: 'E_REFUSED' });
  });
});
