import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Session } from '../../src/gen/raftctl/v1/proposal.js';
import {
  applyOnce,
  CLIENT_ID_BYTES_MAX,
  countSessions,
  SESSION_RESULTS_MAX,
  SESSION_USE_GRAIN_ENTRIES,
} from '../../src/node/sessions.js';
import { MemoryKeyspace } from '../state-machine/memory-keyspace.js';

/** A log whose entries append to a list, each through its session. */
class Log {
  readonly keyspace = new MemoryKeyspace();
  readonly applied: string[] = [];
  #index = 0;

  constructor(readonly sessionsMax = 10) {}

  propose(clientId: string, sequence: number, lowestPending = 1) {
    return this.proposeIn({ clientId, sequence, lowestPending });
  }

  /** Entries of others. */
  skip(entries: number) {
    this.#index += entries;
  }

  proposeIn(session: Session) {
    this.#index += 1;
    const entry = { index: this.#index, term: 3 };
    return applyOnce(this.keyspace, session, this.sessionsMax, entry, () => {
      this.applied.push(`${session.clientId}#${session.sequence}`);
      return Uint8Array.of(this.applied.length);
    });
  }
}

describe('a session', () => {
  it('answers a retry with index, term and result of the first time', () => {
    const log = new Log();
    expect(log.propose('a', 1)).toEqual({ index: 1, term: 3, result: Uint8Array.of(1), duplicate: false });
    expect(log.propose('a', 2)).toEqual({ index: 2, term: 3, result: Uint8Array.of(2), duplicate: false });
    expect(log.propose('a', 1)).toEqual({ index: 1, term: 3, result: Uint8Array.of(1), duplicate: true });
    expect(log.applied).toEqual(['a#1', 'a#2']);
  });

  it('takes pipelined proposals in the order in which they arrive', () => {
    const log = new Log();
    for (const sequence of [3, 1, 2, 3, 2, 1]) log.propose('a', sequence);
    expect(log.applied).toEqual(['a#3', 'a#1', 'a#2']);
  });

  it('keeps clients with equal sequences apart, and a client id that begins like another', () => {
    const log = new Log();
    for (const client of ['a', 'aa', 'a\u0000', 'b']) log.propose(client, 1);
    log.propose('a', 2, 2);
    expect(log.propose('aa', 1)).toMatchObject({ duplicate: true, index: 2 });
    expect(log.applied).toHaveLength(5);
  });

  it('forgets what its client has the answer of, and refuses it from then on', () => {
    const log = new Log();
    for (const sequence of [1, 2, 3]) log.propose('a', sequence);
    const records = log.keyspace.size;
    log.propose('a', 4, 3);
    expect(log.keyspace.size).toBe(records + 1 - 2);
    expect(log.propose('a', 2)).toHaveProperty('expired', expect.stringContaining('sequence 2 of client a is below 3'));
    expect(log.propose('a', 3, 1)).toMatchObject({ duplicate: true, index: 3 });
  });

  it('never takes back what it was told to forget', () => {
    const log = new Log();
    log.propose('a', 1);
    log.propose('a', 5, 5);
    log.propose('a', 6, 1);
    expect(log.propose('a', 4, 1)).toHaveProperty('expired');
  });

  it('keeps a bounded number of results: the lowest goes first and is refused afterwards', () => {
    const log = new Log();
    for (let sequence = 1; sequence <= SESSION_RESULTS_MAX + 1; sequence += 1) log.propose('a', sequence);
    expect(log.propose('a', 1)).toHaveProperty('expired');
    expect(log.propose('a', 2)).toMatchObject({ duplicate: true, index: 2 });
  });

  it.each([
    [{ clientId: '', sequence: 1, lowestPending: 1 }, 'empty'],
    [{ clientId: 'é'.repeat(CLIENT_ID_BYTES_MAX / 2 + 1), sequence: 1, lowestPending: 1 }, '66 bytes'],
    [{ clientId: 'a', sequence: 0, lowestPending: 0 }, 'start at 1'],
    [{ clientId: 'a', sequence: 1, lowestPending: 2 }, 'no answer below 2'],
  ])('that cannot be one (%o) changes nothing', (session, why) => {
    const log = new Log();
    expect(log.proposeIn(session)).toHaveProperty('expired', expect.stringContaining(why));
    expect(log.keyspace.size).toBe(0);
    expect(log.applied).toEqual([]);
  });
});

describe('the table of sessions', () => {
  it('evicts the session that was used least recently, a retry being a use', () => {
    const log = new Log(2);
    log.propose('a', 1);
    log.propose('b', 1);
    log.skip(SESSION_USE_GRAIN_ENTRIES);
    log.propose('a', 1);
    log.propose('c', 1);
    expect(countSessions(log.keyspace)).toBe(2);
    expect(log.propose('a', 1)).toMatchObject({ duplicate: true });
    expect(log.propose('b', 2, 2)).toHaveProperty('expired', 'the session of client b is not kept any more');
  });

  it('counts uses that follow close upon each other as one: which of two sessions goes is then a matter of who came first', () => {
    const log = new Log(2);
    log.propose('a', 1);
    log.propose('b', 1);
    log.propose('a', 1);
    log.propose('c', 1);
    expect(log.propose('a', 2, 2)).toHaveProperty('expired', 'the session of client a is not kept any more');
  });

  it('leaves nothing of a session that it evicts', () => {
    const log = new Log(1);
    for (let sequence = 1; sequence <= 5; sequence += 1) log.propose('a', sequence);
    log.propose('b', 1);
    const only = new Log(1);
    only.propose('b', 1);
    expect(log.keyspace.size).toBe(only.keyspace.size);
  });

  it('reaches a lowered limit in small steps', () => {
    const log = new Log(100);
    for (let client = 0; client < 9; client += 1) log.propose(`c${client}`, 1);
    const lowered = new Log(3);
    for (const record of log.keyspace.range({ start: new Uint8Array() }))
      lowered.keyspace.put(record.key, record.value);
    const counts = [1, 2, 3, 4].map(() => {
      applyOnce(lowered.keyspace, { clientId: 'c8', sequence: 1, lowestPending: 1 }, 3, { index: 99, term: 1 }, () => {
        throw new Error('applied twice');
      });
      return countSessions(lowered.keyspace);
    });
    expect(counts).toEqual([7, 5, 3, 3]);
  });
});

describe('whatever way clients retry', () => {
  const attempt = fc.record({
    client: fc.constantFrom('a', 'b', 'c'),
    sequence: fc.integer({ min: 1, max: 12 }),
    lowestPending: fc.integer({ min: 0, max: 12 }),
  });

  it('each sequence of each client is applied at most once, and every answer is that of the one time', () => {
    fc.assert(
      fc.property(fc.array(attempt, { maxLength: 120 }), (attempts) => {
        const log = new Log();
        const answers = new Map<string, { index: number; result: Uint8Array }>();
        for (const { client, sequence, lowestPending } of attempts) {
          const outcome = log.propose(client, sequence, Math.min(lowestPending, sequence));
          if ('expired' in outcome) continue;
          const name = `${client}#${sequence}`;
          const first = answers.get(name);
          expect(outcome.duplicate).toBe(first !== undefined);
          if (first === undefined) answers.set(name, outcome);
          else expect(outcome).toMatchObject({ index: first.index, result: first.result });
        }
        expect(new Set(log.applied).size).toBe(log.applied.length);
        expect(log.applied.toSorted()).toEqual([...answers.keys()].toSorted());
      }),
    );
  });

  it('a client that still waits for all of its answers has every proposal applied exactly once', () => {
    const sequences = [1, 2, 3, 4, 5, 6, 7, 8];
    const deliveries = [...sequences, ...sequences, ...sequences];
    const order = fc.shuffledSubarray(deliveries, { minLength: deliveries.length });
    fc.assert(
      fc.property(order, (order) => {
        const log = new Log();
        for (const sequence of order) log.propose('a', sequence, 1);
        expect(log.applied.toSorted()).toEqual(sequences.map((sequence) => `a#${sequence}`));
      }),
    );
  });

  it('equal logs make equal tables, and the table never grows past its limits', () => {
    fc.assert(
      fc.property(fc.array(attempt, { maxLength: 80 }), fc.integer({ min: 1, max: 3 }), (attempts, sessionsMax) => {
        const [left, right] = [new Log(sessionsMax), new Log(sessionsMax)];
        for (const { client, sequence, lowestPending } of attempts) {
          for (const log of [left, right]) log.propose(client, sequence, Math.min(lowestPending, sequence));
          expect(countSessions(left.keyspace)).toBeLessThanOrEqual(sessionsMax);
        }
        expect(left.keyspace.dump()).toBe(right.keyspace.dump());
      }),
    );
  });
});
