import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import MemberChangeAbort from '../../commands/member/change/abort.js';
import MemberChangeLeave from '../../commands/member/change/leave.js';
import MemberChangeList from '../../commands/member/change/list.js';
import MemberChangeRevert from '../../commands/member/change/revert.js';
import MemberChangeStatus from '../../commands/member/change/status.js';
import MemberChangeWatch from '../../commands/member/change/watch.js';
import MemberChange from '../../commands/member/change.js';
import { RaftctlError } from '../../src/base/errors.js';
import {
  type ChangeMembersRequest,
  ChangePhase,
  ChangeResult,
  GetChangeResponse,
} from '../../src/gen/raftctl/v1/member.js';
import { type FakeNode, notLeader, startTrio, withoutLeader } from '../client/fake-node.js';
import { bareEnvironment } from './bare-environment.js';
import { changeId, doneRecord, event, plan, record, storyOf, stuckChange, telling } from './change-fixture.js';
import { documentOf, runCommand } from './run-command.js';

let nodes: [FakeNode, FakeNode, FakeNode];
let at: string[];

beforeEach(async () => {
  bareEnvironment();
  nodes = await startTrio();
  at = ['-e', nodes[0].address, '--timeout', '2s'];
});
afterEach(() => {
  for (const node of nodes) node.stop();
  vi.unstubAllEnvs();
});

const lost = new RaftctlError('E_OUTCOME_UNKNOWN', 'the leadership was lost', { changed: 'unknown', retryable: true });
const answer = (change = record()) => GetChangeResponse.fromPartial({ change, canAbort: true, fromLeader: true });
const change = (...flags: string[]) =>
  runCommand(MemberChange, 'member:change', ['--voters', '1,3,4', '--learners', '5', ...flags, ...at]);

describe('member change', () => {
  test('tells each phase on stderr, and what became of it in one line on stdout', async () => {
    nodes[0].onStream('changeMembers', () => telling(...storyOf()));
    const run = await change('--reason', 'OPS-412', '--leader-after', '3', '--stall', '30s', '--request-id', changeId);
    expect(run).toMatchObject({
      exitCode: 0,
      stdout: 'change 01J8Z3P2QK4T   {1,2,3} -> {1,3,4}   learners {} -> {5}   done @121\n',
    });
    expect(run.stderr).toContain('warning: disk-traffic: n1 must send');
    expect(run.stderr).toContain('  leaving-joint    leaving the joint configuration\n');
    expect(nodes[0].requests<ChangeMembersRequest>('changeMembers')[0]).toMatchObject({
      voters: { ids: [1, 3, 4] },
      learners: { ids: [5] },
      reason: 'OPS-412',
      leaderAfter: 3,
      stallMs: 30_000,
      requestId: changeId,
      by: expect.stringMatching(/^.+@.+$/),
    });
  });

  test('goes on with the next leader where the leadership moves, and tells the plan once', async () => {
    const [planned, added, ...rest] = storyOf();
    if (planned === undefined || added === undefined) throw new Error('the story has a beginning');
    nodes[0].onStream('changeMembers', async function* () {
      yield* telling(planned, added);
      for (const node of nodes) node.status.leader = 2;
      nodes[0].onStream('changeMembers', () => telling(notLeader(nodes[1])));
      yield lost;
    });
    nodes[1].onStream('changeMembers', () => telling(planned, ...rest));
    const run = await change('--request-id', changeId);
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('done @121') });
    expect(run.stderr.split('warning:')).toHaveLength(2);
    const again = nodes[1].requests<ChangeMembersRequest>('changeMembers')[0];
    expect(again?.requestId).toBe(changeId);
  });

  test('is as programs read it one event a line, and the document last', async () => {
    nodes[0].onStream('changeMembers', () => telling(...storyOf()));
    const run = await change('-o', 'ndjson');
    const lines = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const caughtUp = { kind: 'ChangeEvent', changeId, phase: 'catching-up', node: 4, lag: 1204, etaMs: 14_000 };
    expect(lines).toContainEqual(expect.objectContaining(caughtUp));
    expect(lines.at(-1)).toMatchObject({ apiVersion: 'raftctl/v1', kind: 'Change', ok: true });
    expect(lines.slice(0, -1).every(({ kind, ts }) => kind === 'ChangeEvent' && typeof ts === 'string')).toBe(true);
  });

  test('does not wait with --no-wait, and says which change it left behind', async () => {
    nodes[0].onStream('changeMembers', async function* () {
      yield* telling(...storyOf().slice(0, 2));
      await new Promise(() => {});
    });
    const run = await change('--no-wait', '-q', '--request-id', changeId);
    expect(run).toMatchObject({ exitCode: 8, stdout: `${changeId}\n` });
    expect(run.stderr).toContain(`hint: raftctl member change watch ${changeId}`);
    expect((await change('--wait-timeout', '200ms', '--request-id', changeId)).exitCode).toBe(8);
  });

  test('has come as far as it goes by itself when it is joint and is to be left by hand', async () => {
    nodes[0].onStream('changeMembers', async function* () {
      yield* telling(...storyOf().slice(0, 5));
      await new Promise(() => {});
    });
    const run = await change('--explicit-leave');
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('joint @118') });
  });

  test('says why it was given up, and what stays of it', async () => {
    const failed = record({
      phase: ChangePhase.FAILED,
      result: ChangeResult.FAILED,
      text: 'node 4 has made no progress for 30s',
      errorCode: 'E_PENDING',
      addedLearners: [4],
      endedMs: 1,
    });
    nodes[0].on('getChange', () => answer(failed));
    nodes[0].onStream('changeMembers', () =>
      telling(...storyOf().slice(0, 3), event(ChangePhase.FAILED, 'node 4 has made no progress for 30s')),
    );
    const run = await change();
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('was given up: node 4 has made no progress for 30s');
    expect(run.stderr).toContain('learners that it added and that stay: 4');
  });

  test('ends as the server says where it refuses, with what it says', async () => {
    const refused = new RaftctlError('E_REFUSED', '1 check failed: learner-ready', {
      facts: ['learner-ready  n4 lags'],
    });
    nodes[0].onStream('changeMembers', () => telling(event(ChangePhase.PLANNED, 'planned', { plan }), refused));
    const run = await change('--json');
    expect(run.exitCode).toBe(9);
    expect(documentOf(run).errors[0]).toMatchObject({ code: 'E_REFUSED', facts: ['learner-ready  n4 lags'] });
  });
});

describe('member change status', () => {
  const status = (...flags: string[]) => runCommand(MemberChangeStatus, 'member:change:status', [...flags, ...at]);

  test('of a stuck one names who is missing and what helps, and ends with exit 5', async () => {
    nodes[0].on('getChange', () => stuckChange());
    const run = await status();
    expect(run).toMatchObject({ exitCode: 5, stderr: '' });
    expect(run.stdout.replace(/joint for [^:]+/, 'joint for 4m11s')).toBe(
      [
        'change 01J8Z3P2QK4T   joint for 4m11s: stuck, nothing moved for 4m11s',
        '  {1,2,3} -> {1,3,4}   learners {} -> {5}   against config @118',
        '  asked for 2026-09-15T10:00:00Z by anna@desk: OPS-412',
        '  joint: commits and elections need both',
        '  in   {1,3,4}  needs 2  acknowledged 1  missing 3,4',
        '  out  {1,2,3}  needs 2  acknowledged 1,2  missing 3',
        '  do: bring back one of n3, n4: the incoming voters need 2 of {1,3,4}',
        '  cannot be taken back now: leaving, forwards or back, needs 2 of {1,3,4}: n3, n4 are not in reach',
        '',
      ].join('\n'),
    );
    expect(documentOf(await status('--json'))).toMatchObject({
      exitCode: 5,
      data: { stuck: true, canAbort: false, quorums: [{ missing: [3, 4] }, { missing: [3] }] },
      errors: [{ code: 'E_CHANGE_STUCK' }],
    });
  });

  test.each([
    ['runs', () => record(), 8, 'E_PENDING'],
    ['was carried out', doneRecord, 0, undefined],
    [
      'was taken back',
      () => record({ result: ChangeResult.ABORTED, phase: ChangePhase.ABORTED, endedMs: 1 }),
      1,
      'E_ABORTED',
    ],
    [
      'was given up',
      () => record({ result: ChangeResult.FAILED, phase: ChangePhase.FAILED, endedMs: 1 }),
      1,
      'E_CHANGE_FAILED',
    ],
  ] as const)('of one that %s has its exit code', async (_, make, exitCode, code) => {
    nodes[0].on('getChange', () => answer(make()));
    const run = await status('--json');
    expect(run.exitCode).toBe(exitCode);
    expect(documentOf(run).errors[0]?.code).toBe(code);
  });

  test('is answered without a leader, by the node with the newest configuration', async () => {
    withoutLeader(nodes);
    nodes[2].status.configIndex = 119;
    nodes[2].on('getChange', () => ({ ...stuckChange(), fromLeader: false }));
    const run = await status();
    expect(run.exitCode).toBe(5);
    expect(run.stdout).toContain('no leader answers: who has acknowledged what is not known');
  });

  test('is shown again with --watch until the change has ended', async () => {
    const answers = [answer(), answer(), answer(doneRecord())];
    nodes[0].on('getChange', () => answers.shift() ?? answer(doneRecord()));
    const run = await status('--watch');
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('done @121 after 1m12s') });
    expect(run.stderr).toContain('change 01J8Z3P2QK4T   joint for');
  });
});

describe('member change watch', () => {
  const watch = () => runCommand(MemberChangeWatch, 'member:change:watch', [...at]);

  test('follows the change to its end, over a change of leader', async () => {
    let current = record();
    for (const node of nodes) node.on('getChange', () => answer(current));
    nodes[0].onStream('watchChange', async function* () {
      yield { event: event(ChangePhase.JOINT, 'joint') };
      for (const node of nodes) node.status.leader = 2;
      nodes[0].onStream('watchChange', () => telling(notLeader(nodes[1])));
      yield lost;
    });
    nodes[1].onStream('watchChange', async function* () {
      yield { event: event(ChangePhase.LEAVING_JOINT, 'leaving') };
      current = doneRecord();
      yield { event: event(ChangePhase.DONE, 'done') };
    });
    const run = await watch();
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('done @121') });
    expect(run.stderr).toBe('  joint            joint\n  leaving-joint    leaving\n  done             done\n');
  });

  test('has nothing to follow where the change has ended', async () => {
    nodes[0].on('getChange', () => answer(doneRecord()));
    expect(await watch()).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining('done @121') });
  });
});

describe('member change abort', () => {
  const abort = (...flags: string[]) => runCommand(MemberChangeAbort, 'member:change:abort', [...flags, ...at]);
  const aborted = () =>
    record({ result: ChangeResult.ABORTED, phase: ChangePhase.ABORTED, text: 'taken back', endedMs: 1 });

  test('stays until the change is taken back, exit 0', async () => {
    const answers = [
      answer(),
      answer(record({ abortRequested: true, phase: ChangePhase.ABORTING })),
      answer(aborted()),
    ];
    nodes[0].on('getChange', () => answers.shift() ?? answer(aborted()));
    nodes[0].on('abortChange', () => ({ change: record(), notedOnly: false }));
    const run = await abort('--reason', 'wrong zone');
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('aborted @119') });
    expect(nodes[0].requests('abortChange')).toEqual([
      { id: changeId, reason: 'wrong zone', by: expect.stringContaining('@') },
    ]);
  });

  test('waits for an election that is slow as long as for anything, and then for the end', async () => {
    const elected = { ...stuckChange(), change: record({ abortRequested: true }), fromLeader: false, stillMs: 60_000 };
    const answers = [answer(record()), elected, elected, elected, answer(aborted())];
    nodes[0].on('getChange', () => answers.shift() ?? answer(aborted()));
    nodes[0].on('abortChange', () => ({ change: record(), notedOnly: false }));
    expect(await abort()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('aborted @119') });
    expect(answers).toEqual([]);
  });

  test('without a leader is noted by every node in reach, exit 8, and who is missing is said', async () => {
    withoutLeader(nodes);
    const waiting = { ...stuckChange(), change: record({ abortRequested: false }) };
    for (const node of nodes) {
      node.on('getChange', () => waiting);
      node.on('abortChange', () => ({ change: record(), notedOnly: true }));
    }
    const run = await abort('--json');
    expect(run.exitCode).toBe(8);
    expect(documentOf(run)).toMatchObject({ data: { notedBy: [1, 2, 3] }, errors: [{ code: 'E_PENDING' }] });
    expect(documentOf(run).errors[0]?.facts.join()).toContain('n3, n4 are not in reach');
    for (const node of nodes) expect(node.requests('abortChange').length).toBeGreaterThan(0);
  });

  test('rolls a joint configuration back that no change carries on, and of which nothing is remembered', async () => {
    const outside = record({ id: '', request: undefined });
    nodes[0].on('getChange', () => answer(outside));
    nodes[0].on('listChanges', () => ({ changes: [] }));
    const text = 'rolled back: the voters are {1,2,3} again';
    const change = { ...outside, result: ChangeResult.ABORTED, phase: ChangePhase.ABORTED, endedMs: 1, text };
    nodes[0].on('abortChange', () => ({ change, notedOnly: false }));
    expect(await abort()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(text) });
    expect(nodes[0].requests('abortChange')).toMatchObject([{ id: '' }]);
  });

  test('that comes too late says how to undo the change', async () => {
    const late = new RaftctlError('E_CONFLICT', 'it is done', { hint: `raftctl member change revert ${changeId}` });
    nodes[0].on('getChange', () => answer(doneRecord()));
    nodes[0].on('abortChange', () => late);
    expect(await abort()).toMatchObject({ exitCode: 10, stderr: expect.stringContaining('member change revert') });
  });

  test('of one that waits for nodes that are not there ends with exit 5', async () => {
    nodes[0].on('getChange', () => ({ ...stuckChange(), change: record({ abortRequested: true }) }));
    nodes[0].on('abortChange', () => ({ change: record(), notedOnly: false }));
    const run = await abort();
    expect(run.exitCode).toBe(5);
    expect(run.stderr).toContain('is stuck: it waits for n3, n4');
    expect(run.stdout).toContain('  to be taken back\n');
  });
});

describe('member change leave', () => {
  test('leaves the joint configuration of the change that is named', async () => {
    nodes[0].on('leaveJoint', () => ({ configIndex: 120, confState: { ...emptyConfState, voters: [1, 3, 4] } }));
    const run = await runCommand(MemberChangeLeave, 'member:change:leave', [changeId, ...at]);
    expect(run).toMatchObject({ exitCode: 0, stdout: 'stable @120   voters 1,3,4\n' });
    expect(nodes[0].requests('leaveJoint')).toMatchObject([{ changeId }]);
  });
});

describe('member change revert', () => {
  const revert = (...flags: string[]) => runCommand(MemberChangeRevert, 'member:change:revert', [...flags, ...at]);
  const listing = (voters: number[], learners: number[]) => ({
    clusterId: 'c'.repeat(32),
    configIndex: 121,
    confState: { ...emptyConfState, voters, learners },
    members: [...voters, ...learners].map((id) => ({ id, name: '', address: `10.0.0.${id}:7400`, addedIndex: 1 })),
    announced: [],
    removed: [],
  });

  test('goes back to the sets from before, with the addresses from then', async () => {
    const members = [{ id: 2, name: 'n2', address: '127.0.0.1:1', addedIndex: 1 }];
    nodes[0].on('getChange', () => answer({ ...doneRecord(), members }));
    nodes[0].on('listMembers', () => listing([1, 3, 4], [5]));
    nodes[0].onStream('changeMembers', () => telling(...storyOf()));
    const run = await revert();
    expect(run.stderr).toContain('back from change 01J8Z3P2QK4T: {1,3,4} -> {1,2,3}   learners {5} -> {}\n');
    expect(nodes[0].requests<ChangeMembersRequest>('changeMembers')[0]).toMatchObject({
      voters: { ids: [1, 2, 3] },
      learners: { ids: [] },
      peers: [{ id: 2, address: '127.0.0.1:1' }],
      ifConfigIndex: 121,
    });
  });

  test('refuses where others have changed the members since', async () => {
    nodes[0].on('getChange', () => answer(doneRecord()));
    nodes[0].on('listMembers', () => listing([1, 3], []));
    const run = await revert();
    expect(run.exitCode).toBe(10);
    expect(run.stderr).toContain('raftctl member change --voters 1,2,3 --learners none');
  });

  test('refuses one that runs: that is taken back', async () => {
    nodes[0].on('getChange', () => answer(record()));
    nodes[0].on('listMembers', () => listing([1, 2, 3], []));
    expect(await revert()).toMatchObject({ exitCode: 10, stderr: expect.stringContaining('member change abort') });
  });
});

test('member change list shows the newest first, and more with -o wide', async () => {
  nodes[0].on('listChanges', () => ({ changes: [doneRecord()] }));
  const run = await runCommand(MemberChangeList, 'member:change:list', [...at, '-o', 'wide']);
  expect(run.stdout).toMatch(
    /^ID +STARTED +BY +FROM +TO +PHASE +AGE +RESULT +REASON +CONFIG-INDEX\n01J8Z3P2QK4T {2}2026-09-15 10:00 {2}anna@desk {2}1,2,3 {2}1,3,4 \+5 {2}done +\S+ +done +OPS-412 {2}@121\n$/,
  );
  expect((await runCommand(MemberChangeList, 'member:change:list', [...at, '-q'])).stdout).toBe(`${changeId}\n`);
});

const emptyConfState = { voters: [], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
