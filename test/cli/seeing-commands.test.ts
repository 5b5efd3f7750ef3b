import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import ClusterDoctor from '../../commands/cluster/doctor.js';
import ClusterHealth from '../../commands/cluster/health.js';
import ClusterHistory from '../../commands/cluster/history.js';
import ClusterWhatIf from '../../commands/cluster/what-if.js';
import KvPut from '../../commands/kv/put.js';
import LeaderHistory from '../../commands/leader/history.js';
import LeaderStepDown from '../../commands/leader/step-down.js';
import LeaderTransfer from '../../commands/leader/transfer.js';
import MemberList from '../../commands/member/list.js';
import NodeDrain from '../../commands/node/drain.js';
import NodeElectionPause from '../../commands/node/election/pause.js';
import NodeElectionResume from '../../commands/node/election/resume.js';
import NodeList from '../../commands/node/list.js';
import NodeOkToStop from '../../commands/node/ok-to-stop.js';
import NodeReady from '../../commands/node/ready.js';
import NodeUndrain from '../../commands/node/undrain.js';
import Status from '../../commands/status.js';
import Wait from '../../commands/wait.js';
import Watch from '../../commands/watch.js';
import { RaftctlError } from '../../src/base/errors.js';
import { EventType, HistoryEvent, type ListEventsRequest } from '../../src/gen/raftctl/v1/history.js';
import { ChangeRecord, ChangeResult, GetChangeResponse } from '../../src/gen/raftctl/v1/member.js';
import { type FakeNode, startTrio, withoutLeader } from '../client/fake-node.js';
import { documentOf, runCommand } from './run-command.js';

let nodes: [FakeNode, FakeNode, FakeNode];
let e: string[];
let at: string[];

beforeEach(async () => {
  for (const name of ['RAFTCTL_CONTEXT', 'RAFTCTL_OUTPUT', 'RAFTCTL_ENDPOINTS']) vi.stubEnv(name, undefined);
  vi.stubEnv('RAFTCTL_CONFIG', '/nowhere/config.yaml');
  vi.stubEnv('NODE_ENV', 'production');
  nodes = await startTrio();
  for (const node of nodes) node.status.log = { ...noLog, last: 9, lastTerm: 1, commit: 9, applied: 9 };
  e = ['-e', nodes[0].address];
  at = [...e, '--timeout', '2s'];
});

afterEach(() => {
  for (const node of nodes) node.stop();
  vi.unstubAllEnvs();
});

const noLog = { first: 1, last: 0, lastTerm: 0, commit: 0, applied: 0, persisted: 0, bytes: 0 };

/** Only the first voter is there. */
function alone(): void {
  nodes[1].stop();
  nodes[2].stop();
  withoutLeader(nodes);
}

describe('whether and what if', () => {
  test('may a node stop: exit 0 and 5, by the exit code alone with -q', async () => {
    const yes = await runCommand(NodeOkToStop, 'node:ok-to-stop', ['2', ...at, '-q']);
    expect(yes).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    const no = await runCommand(NodeOkToStop, 'node:ok-to-stop', ['2', '3', ...at]);
    expect(no.exitCode).toBe(5);
    expect(no.stdout).toBe('NOT ok to stop\n  without 2,3 there is no majority\n');
    expect((await runCommand(NodeOkToStop, 'node:ok-to-stop', ['7', ...at])).exitCode).toBe(1);
  });

  test('what if: exit 0 and 5, and a document that says the same', async () => {
    const run = await runCommand(ClusterWhatIf, 'cluster:what-if', ['--down', '3', ...at, '--json']);
    expect(documentOf(run)).toMatchObject({ kind: 'WhatIf', ok: true, data: { verdict: 'no-margin', tolerates: 0 } });
    const strict = await runCommand(ClusterWhatIf, 'cluster:what-if', [
      '--down',
      '3',
      '--require-tolerance',
      '1',
      ...at,
    ]);
    expect(strict.exitCode).toBe(5);
    expect(strict.stdout).toContain('TOO LITTLE MARGIN');
    expect((await runCommand(ClusterWhatIf, 'cluster:what-if', ['--down', '2,3', ...at])).exitCode).toBe(5);
    expect((await runCommand(ClusterWhatIf, 'cluster:what-if', ['--partition', '1/1,2', ...at])).exitCode).toBe(2);
    expect((await runCommand(ClusterWhatIf, 'cluster:what-if', ['--during', '/nowhere', ...at])).exitCode).toBe(2);
  });

  test('is a node ready: it says why not', async () => {
    expect(await runCommand(NodeReady, 'node:ready', ['2', ...at])).toMatchObject({
      exitCode: 0,
      stdout: 'node 2 is ready\n',
    });
    expect(documentOf(await runCommand(NodeReady, 'node:ready', [...at, '--json'])).data).toMatchObject({
      id: 1,
      ready: true,
    });
    nodes[1].status.drained = true;
    const no = await runCommand(NodeReady, 'node:ready', ['2', ...at]);
    expect(no.exitCode).toBe(5);
    expect(no.stderr).toContain('it is drained');
    nodes[2].stop();
    expect((await runCommand(NodeReady, 'node:ready', ['3', ...e, '--timeout', '300ms'])).exitCode).toBe(3);
  });

  test('what is wrong: nothing, or what acts now', async () => {
    const well = await runCommand(ClusterDoctor, 'cluster:doctor', at);
    expect(well.exitCode).toBe(0);
    expect(well.stdout).toContain('nothing found');
    alone();
    const ill = await runCommand(ClusterDoctor, 'cluster:doctor', [...at, '--json']);
    expect(ill.exitCode).toBe(5);
    expect(documentOf(ill)).toMatchObject({
      kind: 'Doctor',
      data: { findings: [{ rank: 1, id: 'no-quorum' }, {}, {}] },
    });
  });
});

describe('taking nodes out of service', () => {
  test('drains the node that is named, and tells where the leadership went', async () => {
    nodes[0].on('drain', () => ({ leader: 2, elapsedMs: 120, unchanged: false }));
    const run = await runCommand(NodeDrain, 'node:drain', ['1', ...at]);
    expect(run).toMatchObject({ exitCode: 0, stdout: 'node 1 is drained after 120ms, leader n2\n' });
    expect(nodes[0].requests('drain')).toEqual([{ nodeId: 1 }]);
    const json = await runCommand(NodeDrain, 'node:drain', ['1', ...at, '--json']);
    expect(documentOf(json).data).toEqual({
      id: 1,
      drained: true,
      unchanged: false,
      wasLeader: true,
      leader: 2,
      ms: 120,
    });
  });

  test('saying it again changes nothing and is no failure', async () => {
    nodes[1].on('undrain', () => ({ unchanged: true }));
    const run = await runCommand(NodeUndrain, 'node:undrain', ['2', ...at]);
    expect(run).toMatchObject({ exitCode: 0, stdout: 'node 2 was not drained\n' });
  });

  test('pauses and resumes elections', async () => {
    nodes[2].on('setElections', () => ({ unchanged: false, leader: 1 }));
    expect((await runCommand(NodeElectionPause, 'node:election:pause', ['3', ...at])).stdout).toBe(
      'elections are paused on node 3\n',
    );
    await runCommand(NodeElectionResume, 'node:election:resume', ['3', ...at]);
    expect(nodes[2].requests('setElections')).toEqual([
      { nodeId: 3, paused: true },
      { nodeId: 3, paused: false },
    ]);
  });

  test('steps down for a while, and lets the leader choose its successor', async () => {
    nodes[0].on('stepDown', () => ({ from: 1, to: 2, term: 2, elapsedMs: 5 }));
    nodes[0].on('transferLeader', () => ({ from: 1, to: 3, term: 2, elapsedMs: 5, unchanged: false }));
    await runCommand(LeaderStepDown, 'leader:step-down', ['--cooldown', '30s', ...at]);
    expect(nodes[0].requests('stepDown')).toEqual([{ cooldownMs: 30_000 }]);
    await runCommand(LeaderTransfer, 'leader:transfer', ['--auto', '--max-lag', '0', ...at]);
    expect(nodes[0].requests('transferLeader')).toEqual([{ target: 0, maxLag: 0 }]);
    expect((await runCommand(LeaderTransfer, 'leader:transfer', ['2', '--auto', ...at])).exitCode).toBe(2);
  });

  test('goes through the nodes leader last', async () => {
    nodes[0].on('listMembers', () => {
      const { clusterId, confState, members, configIndex } = nodes[0].status;
      return { clusterId, confState, members, configIndex, announced: [], removed: [] };
    });
    for (const [command, id] of [
      [NodeList, 'node:list'],
      [MemberList, 'member:list'],
    ] as const) {
      expect((await runCommand(command, id, [...at, '--sort-by', 'leader-last', '-q'])).stdout).toBe('2\n3\n1\n');
    }
  });
});

describe('what happened', () => {
  const happened = [
    {
      seq: 3,
      atMs: Date.UTC(2026, 8, 12, 6),
      type: EventType.LEADER,
      node: 2,
      term: 6,
      cause: 'elected',
      text: 'node 2 was elected',
      votes: [2, 3],
    },
    {
      seq: 9,
      atMs: Date.UTC(2026, 8, 12, 8),
      type: EventType.LEADER,
      node: 1,
      term: 7,
      cause: 'transferred',
      text: 'node 1 took over',
    },
  ].map((fields) => HistoryEvent.fromPartial(fields));

  beforeEach(() => {
    for (const node of nodes) node.on('listEvents', () => ({ events: happened, oldest: 3 }));
  });

  test('is told oldest first, by type and number', async () => {
    const run = await runCommand(ClusterHistory, 'cluster:history', [
      '--type',
      'election,config',
      '--limit',
      '5',
      ...at,
    ]);
    expect(run.stdout).toBe(
      [
        'TIME                  TERM  TYPE    NODE  EVENT',
        '2026-09-12 06:00:00Z  6     leader  2     node 2 was elected',
        '2026-09-12 08:00:00Z  7     leader  1     node 1 took over',
        '',
      ].join('\n'),
    );
    expect(nodes[0].requests<ListEventsRequest>('listEvents')).toEqual([{ since: 0, types: [1, 2], limit: 5 }]);
    const odd = await runCommand(ClusterHistory, 'cluster:history', ['--type', 'laeder', ...at]);
    expect(odd.stderr).toContain('did you mean leader?');
    expect(odd.exitCode).toBe(2);
  });

  test('leaders have held it until the next one', async () => {
    const { data } = documentOf(await runCommand(LeaderHistory, 'leader:history', [...at, '--json']));
    expect(data).toMatchObject({
      leaders: [
        { leader: 2, term: 6, heldMs: 2 * 3_600_000, cause: 'elected' },
        { leader: 1, term: 7, cause: 'transferred' },
      ],
    });
  });

  test('of leaders -o wide tells whose votes had come, where that was written down', async () => {
    const { stdout } = await runCommand(LeaderHistory, 'leader:history', [...at, '-o', 'wide']);
    expect(stdout).toMatch(/^SINCE +TERM +LEADER +HELD +CAUSE +VOTES\n.* elected +2,3\n.* transferred +\?\n$/);
    expect((await runCommand(LeaderHistory, 'leader:history', at)).stdout).not.toContain('VOTES');
    const { data } = documentOf(await runCommand(LeaderHistory, 'leader:history', [...at, '--json']));
    expect(data).toMatchObject({ leaders: [{ votes: [2, 3] }, { votes: null }] });
  });

  test('events are lines, and with -o ndjson documents, and each may run a command', async () => {
    for (const node of nodes) {
      node.onStream('watchEvents', async function* () {
        for (const event of happened) yield { event };
        yield new RaftctlError('E_USAGE', 'that is all');
      });
    }
    const lines = await runCommand(Watch, 'watch', ['--since', '1', ...at]);
    expect(lines.stdout).toContain('2026-09-12 06:00:00Z  leader    node 2 was elected\n');
    expect(lines.stderr).toContain('warning: what happened before 3 is forgotten');
    const json = await runCommand(Watch, 'watch', ['--since', '3', '-o', 'ndjson', ...at]);
    const [first = ''] = json.stdout.split('\n');
    expect(JSON.parse(first)).toMatchObject({ seq: 9, type: 'leader', node: 1, ts: '2026-09-12T08:00:00.000Z' });
    const failing = await runCommand(Watch, 'watch', ['--since', '3', '--exec', 'exit $RAFTCTL_EVENT_SEQ', ...at]);
    expect(failing.stderr).toContain('warning: the command for event 9 ended with exit 9');
    expect((await runCommand(Watch, 'watch', [...at, '--json'])).exitCode).toBe(2);
  });
});

describe('wait', () => {
  const change = (result: ChangeResult, text = '') =>
    GetChangeResponse.fromPartial({ change: { id: 'ab12', result, text } });
  const waitFor = (...argv: string[]) => runCommand(Wait, 'wait', [...argv, ...at]);

  test.each([
    ['one that is done', ChangeResult.DONE, 0],
    ['one that was taken back, and will never be done', ChangeResult.ABORTED, 5],
    ['one that failed', ChangeResult.FAILED, 5],
  ])('for a change: %s', async (_, result, exitCode) => {
    nodes[0].on('getChange', () => change(result, 'n4 stood still'));
    expect((await waitFor('change=ab12')).exitCode).toBe(exitCode);
  });

  test('for a change that nobody knows is in vain', async () => {
    nodes[0].on('getChange', () => new RaftctlError('E_NOT_FOUND', 'there is no change ab12'));
    const run = await waitFor('change=ab12', 'leader');
    expect(run.exitCode).toBe(5);
    expect(run.stderr).toContain('will not be met any more: change=ab12');
  });

  test('for a change that runs takes until the time is over', async () => {
    nodes[0].status.runningChange = 'ab12';
    nodes[0].status.change = ChangeRecord.fromPartial({ id: 'ab12', phase: 3 });
    const run = await runCommand(Wait, 'wait', ['change=ab12', ...e, '--timeout', '0']);
    expect(run).toMatchObject({ exitCode: 8, stdout: 'not met  change=ab12  catching-up\n' });
  });

  test('for a version, and for nodes in reach: several at once', async () => {
    for (const node of nodes) node.status.version = '1.2.0';
    expect((await waitFor('version=1.2.0', 'node=2:reachable', 'leader')).exitCode).toBe(0);
    nodes[2].stop();
    const run = await runCommand(Wait, 'wait', ['version=1.2.0', 'node=3:reachable', ...e, '--timeout', '0']);
    expect(run.exitCode).toBe(8);
    expect(run.stdout).toContain('not met  version=1.2.0  n3 does not answer');
    expect(run.stdout).toContain('not met  node=3:reachable');
  });
});

describe('without a quorum', () => {
  beforeEach(alone);

  test.each([
    ['status', Status, 'status', []],
    ['health', ClusterHealth, 'cluster:health', []],
    ['a write', KvPut, 'kv:put', ['key', '1']],
    ['a transfer', LeaderTransfer, 'leader:transfer', []],
  ] as const)('%s ends with the way out, in text and in JSON', async (_, command, id, argv) => {
    const hint = /quorum lost\? raftctl recover --help$/;
    const text = await runCommand(command, id, [...argv, ...at]);
    expect(text.exitCode).toBe(6);
    expect(text.stderr.split('\n').find((line) => line.startsWith('hint: '))).toMatch(hint);
    const { errors } = documentOf(await runCommand(command, id, [...argv, ...at, '--json']));
    expect(errors[0]?.hint).toMatch(hint);
  });
});

test('--node is not offered where all nodes are asked', async () => {
  for (const [command, id] of [
    [ClusterHealth, 'cluster:health'],
    [NodeList, 'node:list'],
    [Wait, 'wait'],
  ] as const) {
    const run = await runCommand(command, id, ['--node', '2', ...at]);
    expect(run.exitCode).toBe(2);
  }
});
