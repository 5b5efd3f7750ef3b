import { expect, test } from 'vitest';
import { AuditRecord, EventType, HistoryEvent } from '../../src/gen/raftctl/v1/history.js';
import { recordEvent } from '../../src/node/audit-records.js';
import { eventsAfter } from '../../src/node/history.js';
import { MemoryKeyspace } from '../state-machine/memory-keyspace.js';

const record = (node: number, requestId: string) =>
  HistoryEvent.create({
    type: EventType.AUDIT,
    node,
    cause: 'node drain',
    audit: AuditRecord.create({ requestId, result: 'ok' }),
  });

test('a record that comes twice, because its answer was lost, is written down once; that of another node is another one', () => {
  const state = new MemoryKeyspace();
  recordEvent(state, 5, record(1, 'a'));
  recordEvent(state, 6, record(1, 'b'));
  recordEvent(state, 7, record(1, 'a'));
  recordEvent(state, 8, record(2, 'a'));
  expect([...eventsAfter(state, 0, [EventType.AUDIT])].map(({ seq }) => seq)).toEqual([5, 6, 8]);
});

test('audit records are told to those alone who ask for them', () => {
  const state = new MemoryKeyspace();
  recordEvent(state, 5, record(1, 'a'));
  recordEvent(state, 6, HistoryEvent.create({ type: EventType.LEADER, node: 1 }));
  expect([...eventsAfter(state, 0, [])].map(({ seq }) => seq)).toEqual([6]);
  expect([...eventsAfter(state, 0, [EventType.AUDIT, EventType.LEADER])].map(({ seq }) => seq)).toEqual([5, 6]);
});
