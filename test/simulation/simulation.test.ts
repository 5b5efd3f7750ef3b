import { describe, expect, test } from 'vitest';
import { MessageType } from '../../src/gen/raft/v1/raft.js';
import { newMessage } from '../../src/raft/messages.js';
import { type Batch, DiskImage } from './disk-image.js';
import { Ledger, Violation } from './ledger.js';
import { simulate } from './simulation.js';

const SEEDS = 50;
const STEPS = 1500;

describe('any run', () => {
  test(`of ${SEEDS} keeps the rules, and comes to agree`, () => {
    let committed = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const outcome = simulate(seed, STEPS);
      const again = `npm run sim:core -- --seed ${seed} --steps ${STEPS}`;
      expect(outcome.failure?.error.message, again).toBeUndefined();
      committed += outcome.committed;
    }
    // A simulation in which nothing happens would hold every rule.
    expect(committed).toBeGreaterThan(SEEDS * 10);
  });

  test('is the same again for the same seed, and another for another', () => {
    const digests = [11, 12, 13].map((seed) => simulate(seed, STEPS).digest);
    expect([11, 12, 13].map((seed) => simulate(seed, STEPS).digest)).toEqual(digests);
    expect(new Set(digests).size).toBe(3);
  });

  test('goes as it does when nobody listens, while it is traced', () => {
    const names = new Set<string>();
    const { digest } = simulate(11, STEPS, ({ name, nid }) => {
      expect(Number(nid)).toBeGreaterThan(0);
      names.add(name);
    });
    expect(digest).toBe(simulate(11, STEPS).digest);
    expect(names).toContain('BecomeLeader');
    expect(names).toContain('Commit');
  });
});

describe('the observer notices', () => {
  const entry = (term: number, index: number, byte: number) => ({
    entryType: 0,
    term,
    index,
    data: Uint8Array.of(byte),
    context: new Uint8Array(),
  });

  test('two leaders of one term', () => {
    const ledger = new Ledger();
    ledger.leads(1, 4);
    ledger.leads(2, 5);
    expect(() => ledger.leads(2, 4)).toThrow(Violation);
  });

  test('an entry that differs at the same index and term, or follows on another', () => {
    const ledger = new Ledger();
    ledger.stores(1, entry(2, 7, 1), 1);
    expect(() => ledger.stores(2, entry(2, 7, 9), 1)).toThrow('I2');
    expect(() => ledger.stores(2, entry(2, 7, 1), 2)).toThrow('I2');
  });

  test('an entry that is applied and was never committed, or is another than was', () => {
    const ledger = new Ledger();
    ledger.commits(entry(2, 7, 1));
    ledger.applies(1, entry(2, 7, 1));
    expect(() => ledger.applies(1, entry(2, 8, 1))).toThrow('I4');
    expect(() => ledger.applies(1, entry(3, 7, 1))).toThrow('I4');
  });

  test('state or configuration that differ at the same index', () => {
    const ledger = new Ledger();
    const confState = { voters: [1], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
    ledger.reaches(1, { index: 3, hash: 'a', confState });
    expect(() => ledger.reaches(2, { index: 3, hash: 'b', confState })).toThrow('I4');
    expect(() => ledger.reaches(2, { index: 3, hash: 'a', confState: { ...confState, voters: [2] } })).toThrow('I8');
  });

  test('two votes of one node in one term', () => {
    const ledger = new Ledger();
    const vote = (to: number) => ({ ...newMessage(MessageType.REQUEST_VOTE_RESPONSE, to), from: 3, term: 2 });
    ledger.sends(vote(1));
    expect(() => ledger.sends(vote(2))).toThrow('I1');
  });
});

describe('a disk', () => {
  test('takes a batch whole: what it cuts off is gone, what it compacts is covered by its snapshot', () => {
    const confState = { voters: [1], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
    const image = new DiskImage({ data: new Uint8Array(), metadata: { index: 1, term: 1, confState } });
    const entries = (term: number, from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, at) => ({
        entryType: 0,
        term,
        index: from + at,
        data: new Uint8Array(),
        context: new Uint8Array(),
      }));
    const write = (batch: Batch) => image.write(batch);
    write({ entries: entries(1, 2, 9) });
    write({ entries: entries(2, 5, 6) });
    expect([image.lastIndex, image.term(4), image.term(6), image.term(7)]).toEqual([6, 1, 2, undefined]);
    write({ compactTo: { snapshot: { data: new Uint8Array(), metadata: { index: 6, term: 2, confState } }, keep: 2 } });
    expect([image.base, image.lastIndex, image.term(3), image.hardState.commit]).toEqual([
      { index: 4, term: 1 },
      6,
      undefined,
      6,
    ]);
    expect(() => write({ entries: entries(2, 8, 8) })).toThrow('does not fit');
  });
});
