import { afterEach, beforeEach, expect, test } from 'vitest';
import AuditList from '../../commands/audit/list.js';
import AuditTail from '../../commands/audit/tail.js';
import { RaftctlError } from '../../src/base/errors.js';
import {
  EventType,
  HistoryEvent,
  type ListEventsRequest,
  type WatchEventsRequest,
} from '../../src/gen/raftctl/v1/history.js';
import { FakeNode } from '../client/fake-node.js';
import { documentOf, runCommand } from './run-command.js';

let node: FakeNode;
let at: string[];
const records = [
  record(11, 'ops', 'member change', 'voters 1,2,3', 'ok', 'growth\u001b[31m'),
  record(12, 'ci', 'node drain', 'node 2', 'E_REFUSED', ''),
  record(14, 'ops', 'member change abort', 'change c1', 'ok', ''),
];

function record(seq: number, by: string, cause: string, target: string, result: string, reason: string): HistoryEvent {
  const audit = {
    identity: `token of admin ${by}`,
    role: 'admin',
    from: '10.0.0.9:5000',
    target,
    result,
    requestId: `r${seq}`,
  };
  return HistoryEvent.create({
    seq,
    atMs: 1_800_000_000_000 + seq,
    type: EventType.AUDIT,
    node: 1,
    by,
    cause,
    reason,
    audit,
  });
}

beforeEach(async () => {
  node = await FakeNode.start(1);
  at = ['-e', node.address];
  node.on('listEvents', ({ since, types }: ListEventsRequest) => ({
    events: types[0] === EventType.AUDIT ? records.filter(({ seq }) => seq > since) : [],
    oldest: 1,
  }));
});
afterEach(() => node.stop());

test('the list has one line a record, with what moves no cursor, and more of it with -o wide', async () => {
  const { stdout } = await runCommand(AuditList, 'audit:list', at);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(/ {2,}/));
  expect(lines[0]).toEqual(['TIME', 'WHO', 'FROM', 'VERB', 'TARGET', 'RESULT']);
  expect(lines[2]).toEqual(['2027-01-15 08:00:00Z', 'ci', '10.0.0.9:5000', 'node drain', 'node 2', 'E_REFUSED']);
  const wide = await runCommand(AuditList, 'audit:list', [...at, '-o', 'wide']);
  expect(wide.stdout).toContain('growth\\u{1b}[31m');
  expect(wide.stdout).toContain('token of admin ops');
});

test('the list is of a name, a command or its family, a time', async () => {
  const seqs = async (...argv: string[]) => {
    const { data } = documentOf(await runCommand(AuditList, 'audit:list', [...at, ...argv, '--json']));
    return (data as { records: { seq: number }[] }).records.map(({ seq }) => seq);
  };
  expect(await seqs()).toEqual([11, 12, 14]);
  expect(await seqs('--who', 'ops')).toEqual([11, 14]);
  expect(await seqs('--verb', 'member')).toEqual([11, 14]);
  expect(await seqs('--verb', 'member change abort')).toEqual([14]);
  expect(await seqs('--verb', 'mem')).toEqual([]);
  expect(await seqs('--since', '11')).toEqual([12, 14]);
  expect(await seqs('--since', '1h', '--limit', '1')).toEqual([14]);
});

test('the tail goes on where it is told to, one document a line', async () => {
  node.onStream('watchEvents', async function* ({ since, types }: WatchEventsRequest) {
    expect(types).toEqual([EventType.AUDIT]);
    for (const event of records) if (event.seq > (since ?? 0)) yield { event };
    yield new RaftctlError('E_OVERLOADED', 'enough');
  });
  const run = await runCommand(AuditTail, 'audit:tail', [...at, '--since', '11', '--who', 'ops']);
  expect(
    run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).seq),
  ).toEqual([14]);
  expect(JSON.parse(run.stdout)).toMatchObject({
    who: 'ops',
    verb: 'member change abort',
    result: 'ok',
    requestId: 'r14',
  });
});

test('the tail is many documents', async () => {
  expect(await runCommand(AuditTail, 'audit:tail', [...at, '--json'])).toMatchObject({ exitCode: 2 });
});
