import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfState } from '../../src/gen/raft/v1/raft.js';
import { ControlCommand, ControlResult } from '../../src/gen/raftctl/v1/control.js';
import { EventType, HistoryEvent } from '../../src/gen/raftctl/v1/history.js';
import { applyControl } from '../../src/node/control-commands.js';
import { appendEvent, eventsAfter, HISTORY_EVENTS_MAX, historyBounds } from '../../src/node/history.js';
import { MemoryKeyspace } from '../state-machine/memory-keyspace.js';

const elected = (node: number) => ({ type: EventType.LEADER, cause: 'elected', node });
const paused = { type: EventType.HEALTH, cause: 'unreachable', node: 3 };

function seqs(keyspace: MemoryKeyspace, since = 0): number[] {
  return Array.from(eventsAfter(keyspace, since, []), ({ seq }) => seq);
}

describe('the history of a cluster', () => {
  it('numbers an event with the index of the entry that recorded it', () => {
    const keyspace = new MemoryKeyspace();
    expect(appendEvent(keyspace, 7, { ...elected(1), term: 2, text: 'node 1 leads' })).toBe(7);
    expect([...eventsAfter(keyspace, 0, [])]).toEqual([
      HistoryEvent.create({ seq: 7, type: 1, cause: 'elected', node: 1, term: 2, text: 'node 1 leads' }),
    ]);
    expect(historyBounds(keyspace)).toEqual({ oldest: 7, newest: 7, forgotten: 0 });
  });

  it('is empty at first', () => {
    expect(historyBounds(new MemoryKeyspace())).toEqual({ oldest: 0, newest: 0, forgotten: 0 });
    expect(seqs(new MemoryKeyspace())).toEqual([]);
  });

  it('gives the events of one entry numbers in a row, and who finds its own taken the next free one', () => {
    const keyspace = new MemoryKeyspace();
    appendEvent(keyspace, 7, elected(1));
    appendEvent(keyspace, 7, paused);
    appendEvent(keyspace, 7, paused);
    appendEvent(keyspace, 8, elected(2));
    appendEvent(keyspace, 20, elected(3));
    expect(seqs(keyspace)).toEqual([7, 8, 9, 10, 20]);
    expect(Array.from(eventsAfter(keyspace, 0, []), ({ node }) => node)).toEqual([1, 3, 3, 2, 3]);
  });

  it('tells what came after an event, of the types that are asked for', () => {
    const keyspace = new MemoryKeyspace();
    for (const index of [5, 6, 7, 8]) appendEvent(keyspace, index, index % 2 === 0 ? paused : elected(1));
    expect(seqs(keyspace, 6)).toEqual([7, 8]);
    expect(seqs(keyspace, 8)).toEqual([]);
    expect(seqs(keyspace, Number.MAX_SAFE_INTEGER)).toEqual([]);
    const health = [...eventsAfter(keyspace, 0, [EventType.HEALTH])];
    expect(health.map(({ seq }) => seq)).toEqual([6, 8]);
  });

  it(`keeps the newest ${HISTORY_EVENTS_MAX}, and says up to where it has forgotten`, () => {
    const keyspace = new MemoryKeyspace();
    for (let index = 1; index <= HISTORY_EVENTS_MAX; index++) appendEvent(keyspace, index * 2, elected(1));
    expect(historyBounds(keyspace)).toMatchObject({ oldest: 2, forgotten: 0 });
    appendEvent(keyspace, 9000, elected(1));
    appendEvent(keyspace, 9001, elected(1));
    expect(historyBounds(keyspace)).toEqual({ oldest: 6, newest: 9001, forgotten: 4 });
    expect(seqs(keyspace)).toHaveLength(HISTORY_EVENTS_MAX);
    // The records are the events and the summary.
    expect(keyspace.size).toBe(HISTORY_EVENTS_MAX + 1);
  }, 30_000);

  it('is a function of the log: numbers ascend, are unique, and none is below its entry', () => {
    const entries = fc.array(
      fc.record({ gap: fc.integer({ min: 1, max: 5 }), events: fc.integer({ max: 4, min: 0 }) }),
    );
    fc.assert(
      fc.property(entries, (log) => {
        const [left, right] = [new MemoryKeyspace(), new MemoryKeyspace()];
        const given: number[] = [];
        let index = 0;
        for (const { gap, events } of log) {
          index += gap;
          for (let event = 0; event < events; event++) {
            const seq = appendEvent(left, index, elected(event));
            expect(appendEvent(right, index, elected(event))).toBe(seq);
            expect(seq).toBeGreaterThanOrEqual(index);
            expect(seq).toBeGreaterThan(given.at(-1) ?? 0);
            given.push(seq);
          }
        }
        expect(seqs(left)).toEqual(given);
        expect(left.dump()).toBe(right.dump());
      }),
    );
  });

  it('is written by the leader through the log, under the number of that entry, whatever number it had thought of', () => {
    const keyspace = new MemoryKeyspace();
    const command = ControlCommand.create({
      command: { $case: 'recordEvent', value: { event: HistoryEvent.create({ ...elected(4), seq: 99 }) } },
    });
    const at = { index: 12, term: 3, configIndex: 1, confState: ConfState.create({ voters: [1] }) };
    const result = applyControl(keyspace, at, command);
    expect(ControlResult.decode(result)).toEqual({ errorCode: '', message: '' });
    expect([...eventsAfter(keyspace, 0, [])]).toMatchObject([{ seq: 12, node: 4, cause: 'elected' }]);
  });
});
