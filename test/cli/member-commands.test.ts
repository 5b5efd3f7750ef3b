import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import MemberAdd from '../../commands/member/add.js';
import MemberDemote from '../../commands/member/demote.js';
import MemberList from '../../commands/member/list.js';
import MemberOkToAdd from '../../commands/member/ok-to-add.js';
import MemberOkToRemove from '../../commands/member/ok-to-remove.js';
import MemberRemove from '../../commands/member/remove.js';
import MemberReplace from '../../commands/member/replace.js';
import MemberShow from '../../commands/member/show.js';
import MemberUpdate from '../../commands/member/update.js';
import { toChangeData } from '../../src/cli/change-data.js';
import { toConfigData } from '../../src/cli/config-data.js';
import { planText } from '../../src/cli/render-plan.js';
import { plainStyle } from '../../src/cli/style.js';
import {
  type ChangeMembersRequest,
  ChangePhase,
  CheckStatus,
  type UpdateMemberRequest,
} from '../../src/gen/raftctl/v1/member.js';
import { FakeNode, startTrio } from '../client/fake-node.js';
import { bareEnvironment } from './bare-environment.js';
import { event, plan, record, telling } from './change-fixture.js';
import { documentOf, runCommand } from './run-command.js';

let nodes: [FakeNode, FakeNode, FakeNode];
let at: string[];
const confState = { voters: [1, 2, 3], learners: [4], votersOutgoing: [], learnersNext: [], autoLeave: false };
const removedMs = Date.parse('2026-09-15T10:00:00Z');

beforeEach(async () => {
  bareEnvironment();
  nodes = await startTrio();
  const members = [
    ...nodes.map(({ address }, place) => ({ id: place + 1, name: `n${place + 1}`, address, addedIndex: 1, zone: 'a' })),
    { id: 4, name: 'n4', address: '127.0.0.1:1', addedIndex: 7, priority: 3, instance: 'f00d' },
  ];
  for (const node of nodes) Object.assign(node.status, { members, confState });
  nodes[0].on('listMembers', () => ({
    clusterId: 'c'.repeat(32),
    configIndex: 1,
    confState,
    members,
    announced: [{ id: 6, name: '', address: '127.0.0.1:6', addedIndex: 0 }],
    removed: [{ member: { id: 9, name: 'n9', address: '127.0.0.1:9', addedIndex: 1 }, removedIndex: 90, removedMs }],
  }));
  nodes[0].onStream('changeMembers', () => telling(event(ChangePhase.PLANNED, 'planned', { plan, unchanged: true })));
  at = ['-e', nodes[0].address, '--timeout', '2s'];
});
afterEach(() => {
  for (const node of nodes) node.stop();
  vi.unstubAllEnvs();
});

const asked = () => nodes[0].requests<ChangeMembersRequest>('changeMembers')[0];

describe('member list', () => {
  const list = (...flags: string[]) => runCommand(MemberList, 'member:list', [...flags, ...at]);

  test('shows who leads, where each stands, and who does not answer', async () => {
    const { stdout } = await list();
    const [heads, first, , , fourth, announced, ...rest] = stdout.split('\n');
    expect(heads).toMatch(/^ID +NAME +ROLE +SET +ADDRESS +ZONE +ADDED +STATUS$/);
    expect(first).toMatch(/^1 +n1 +leader +voter +127\.0\.0\.1:\d+ +a +@1 +up$/);
    expect(fourth).toMatch(/^4 +n4 +unknown +learner +127\.0\.0\.1:1 +- +@7 +unreachable$/);
    expect(announced).toMatch(/^6 +n6 .* announced$/);
    expect(rest).toEqual(['']);
  });

  test('shows those that left with --removed, and more of each with -o wide', async () => {
    expect((await list('--removed')).stdout).toMatch(/9 +n9 +removed .* removed @90 2026-09-15 10:00\n$/);
    expect((await list('-o', 'wide')).stdout).toMatch(/PRIORITY +INSTANCE\n(?:.*\n){3}4 .*@7 +unreachable +3 +f00d\n/);
  });

  test('puts the leader last for who restarts one after the other', async () => {
    expect((await list('--sort-by', 'leader-last', '-q')).stdout).toBe('2\n3\n4\n1\n');
    expect((await list('--sort-by', 'zone', '-q')).stdout).toBe('1\n2\n3\n4\n');
    expect((await list('--sort-by', 'beauty')).exitCode).toBe(2);
  });

  test('shows one of them, or one that left', async () => {
    const show = (id: string) => runCommand(MemberShow, 'member:show', [id, ...at]);
    expect((await show('4')).stdout).toContain('SET       learner\n');
    expect((await show('9')).stdout).toContain('REMOVED  @90  2026-09-15T10:00:00.000Z\n');
    expect(await show('6')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('member add 127.0.0.1:6') });
  });
});

describe('a node that joins', () => {
  test('says its own id where it answers', async () => {
    await runCommand(MemberAdd, 'member:add', [nodes[1].address, '--voter', '--zone', 'b', ...at]);
    expect(asked()).toMatchObject({ voters: { ids: [1, 2, 3] }, peers: [{ id: 2, name: 'n2', zone: 'b' }] });
  });

  test('does not lose its vote where it is a voter already', async () => {
    const run = await runCommand(MemberAdd, 'member:add', [nodes[1].address, ...at]);
    expect(run).toMatchObject({ exitCode: 10, stderr: expect.stringContaining('raftctl member demote 2') });
    expect(asked()).toBeUndefined();
  });

  test('gets an id that nobody has or had where it is not started yet, and the command that starts it', async () => {
    const run = await runCommand(MemberAdd, 'member:add', ['127.0.0.1:2', '--voter', ...at]);
    expect(asked()).toMatchObject({ voters: { ids: [1, 2, 3, 10] }, peers: [{ id: 10, address: '127.0.0.1:2' }] });
    expect(run.stderr).toContain('raftctl node start --id 10 --data-dir DIR --listen 127.0.0.1:2 --join 127.0.0.1:');
  });

  test('is no node that was given up when the cluster was recovered', async () => {
    for (const { status } of nodes) Object.assign(status, { clusterId: 'c'.repeat(32), incarnation: 7320 });
    const fenced = await FakeNode.start(5);
    Object.assign(fenced.status, { clusterId: 'c'.repeat(32), incarnation: 1 });
    const run = await runCommand(MemberAdd, 'member:add', [fenced.address, ...at]);
    fenced.stop();
    expect(run).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('node 5 at') });
    expect(run.stderr).toContain('the cluster was recovered without it, and is of incarnation 7320');
    expect(asked()).toBeUndefined();
  });

  test('takes the place of another one, voter for voter and learner for learner', async () => {
    const replace = (...argv: string[]) => runCommand(MemberReplace, 'member:replace', [...argv, ...at]);
    await replace('2', '--with', '127.0.0.1:2', '--keep-old-as-learner');
    expect(asked()).toMatchObject({ voters: { ids: [1, 10, 3] }, learners: { ids: [4, 2] }, ifConfigIndex: 1 });
    nodes[0].calls.length = 0;
    await replace('4', '--with', '7=127.0.0.1:2');
    expect(asked()).toMatchObject({ voters: { ids: [1, 2, 3] }, learners: { ids: [7] } });
    const [voter, learner] = [
      await replace('2', '--with', '3=127.0.0.1:2'),
      await replace('2', '--with', '4=127.0.0.1:2'),
    ];
    expect(voter).toMatchObject({ exitCode: 10, stderr: expect.stringContaining('hint: raftctl member remove 2') });
    expect(learner.stderr).toContain('hint: raftctl member promote 4 && raftctl member remove 2');
    expect((await replace('2', '--with', nodes[1].address)).stderr).toContain('node 2 is itself at');
    expect((await replace('9', '--with', '127.0.0.1:2')).stderr).toContain('it left with the change @90');
  });
});

describe('members that go', () => {
  test('may be learners from then on', async () => {
    await runCommand(MemberDemote, 'member:demote', ['3', ...at]);
    expect(asked()).toMatchObject({ voters: { ids: [1, 2] }, learners: { ids: [4, 3] } });
  });

  test('are never all the voters', async () => {
    const run = await runCommand(MemberDemote, 'member:demote', ['1', '2', '3', ...at]);
    expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no voter would be left') });
    expect((await runCommand(MemberRemove, 'member:remove', ['1', '2', '3', ...at])).exitCode).toBe(2);
  });

  test('need not be there with --ignore-missing', async () => {
    const remove = (...argv: string[]) => runCommand(MemberRemove, 'member:remove', [...argv, ...at]);
    expect((await remove('2', '77')).exitCode).toBe(1);
    expect((await remove('2', '77', '--ignore-missing')).exitCode).toBe(0);
    expect(asked()).toMatchObject({ voters: { ids: [1, 3] } });
  });
});

describe('member update', () => {
  const update = (...argv: string[]) => runCommand(MemberUpdate, 'member:update', [...argv, ...at]);

  test('sends what is given, and shows what it came to', async () => {
    nodes[0].on('updateMember', () => ({
      member: { id: 4, name: 'four', address: '127.0.0.1:2', addedIndex: 7, zone: 'b' },
      changed: true,
    }));
    const run = await update('4', '--name', 'four', '--zone', 'b', '--address', '127.0.0.1:2');
    expect(run).toMatchObject({ exitCode: 0, stdout: 'member 4  four  127.0.0.1:2  zone b\n' });
    expect(run.stderr).toContain('warning: nobody answers at 127.0.0.1:2 yet');
    const [request] = nodes[0].requests<UpdateMemberRequest>('updateMember');
    expect(request).toMatchObject({ id: 4, name: 'four', zone: 'b', by: expect.stringContaining('@') });
    expect(request?.priority).toBeUndefined();
  });

  test('refuses an address where another node answers, and to change nothing', async () => {
    expect(await update('4', '--address', nodes[1].address)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('node 2 answers at'),
    });
    expect((await update('4')).exitCode).toBe(2);
    expect(nodes[0].requests('updateMember')).toEqual([]);
  });
});

describe('whether members may go or come', () => {
  const safety = (tolerates: number) => ({ phase: 'after', sets: [], tolerates, minimalCuts: [] });
  const planned = (more: Partial<typeof plan>) =>
    nodes[0].onStream('changeMembers', () =>
      telling(event(ChangePhase.PLANNED, 'planned', { plan: { ...plan, checks: [], ...more } })),
    );
  const okToRemove = (...argv: string[]) => runCommand(MemberOkToRemove, 'member:ok-to-remove', [...argv, ...at]);
  const okToAdd = (...argv: string[]) => runCommand(MemberOkToAdd, 'member:ok-to-add', [...argv, ...at]);

  test('is answered by the exit code, and in one line', async () => {
    planned({ safety: [safety(1), safety(0)] });
    expect(await okToRemove('2')).toEqual({
      exitCode: 0,
      stdout: 'yes: every check passes, failure tolerance 1 -> 0: no margin is left\n',
      stderr: '',
    });
    expect(await okToRemove('2', '--require-tolerance', '1')).toMatchObject({
      exitCode: 5,
      stdout: 'no: failure tolerance 1 -> 0, and 1 is required\n',
    });
    expect(await okToRemove('2', '--require-tolerance', '1', '-q')).toEqual({ exitCode: 5, stdout: '', stderr: '' });
    expect(asked()?.dryRun).toBe(true);
  });

  test('warns of what it costs, the last margin above all, and says no where that must not be lost', async () => {
    const message = 'failure tolerance drops 1 -> 0: with voters 1,3 the loss of 1 alone, 3 alone stops writes';
    const checks = [{ id: 'tolerance-loss', status: CheckStatus.WARN, message }];
    planned({ safety: [safety(1), safety(0)], checks });
    expect(await okToRemove('2')).toEqual({
      exitCode: 0,
      stdout: 'yes: no check fails, failure tolerance 1 -> 0: no margin is left\n',
      stderr: `warning: tolerance-loss: ${message}\n`,
    });
    const json = documentOf(await okToRemove('2', '--json'));
    expect(json).toMatchObject({ warnings: [{ code: 'W_TOLERANCE_LOSS', message: `tolerance-loss: ${message}` }] });
    expect(await okToRemove('2', '-q')).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(await okToRemove('2', '--require-tolerance', '1', '-q')).toMatchObject({ exitCode: 5 });
    planned({ safety: [safety(2), safety(1)] });
    expect((await okToRemove('2')).stdout).toBe('yes: every check passes, failure tolerance 2 -> 1\n');
  });

  test('is no where a check of the server fails, or writes would stop', async () => {
    planned({ checks: [{ id: 'outgoing-quorum-live', status: CheckStatus.FAIL, message: '1 is live' }] });
    expect((await okToRemove('2')).stdout).toBe('no: outgoing-quorum-live: 1 is live\n');
    planned({ safety: [safety(0), safety(-1)] });
    const { data, exitCode } = documentOf(await okToRemove('2', '--json'));
    expect([exitCode, data]).toMatchObject([5, { ok: false, tolerates: null }]);
  });

  test('counts on no new voter to start', async () => {
    expect(await okToAdd('2')).toMatchObject({
      exitCode: 0,
      stdout: 'yes: 5 voters need 3, 3 are live without the new ones; tolerates 2 with them\n',
    });
    expect((await okToAdd()).stdout).toContain('4 tolerate no more than 3 do');
    expect(await okToAdd('4')).toMatchObject({
      exitCode: 5,
      stdout: 'no: 7 voters need 4, and 3 are live: writes would stop if the new ones did not start\n',
    });
    expect(await okToAdd('4', '-q')).toEqual({ exitCode: 5, stdout: '', stderr: '' });
    nodes[0].status.runningChange = 'X1';
    expect((await okToAdd()).stdout).toBe('no: change X1 is running\n');
  });
});

test('a plan fits a terminal of 80 columns', async () => {
  const message = 'failure tolerance drops 1 -> 0: with voters 1,3 the loss of 1 alone, 3 alone stops writes';
  const checks = [...plan.checks, { id: 'tolerance-loss', status: CheckStatus.WARN, message }];
  const data = toChangeData({ ...plan, checks }, event(ChangePhase.PLANNED, 'planned'), true);
  const text = await planText(data, { headers: true, width: 80, style: plainStyle, cluster: undefined });
  expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
  expect(text).toContain(
    [
      '  warn  tolerance-loss  failure tolerance drops 1 -> 0: with voters 1,3 the loss',
      '                        of 1 alone, 3 alone stops writes',
    ].join('\n'),
  );
});

test('a joint configuration is left by itself where its change is not to be left by hand', () => {
  const joint = { ...confState, votersOutgoing: [1, 2, 3], voters: [1, 3, 4] };
  const explicit = record();
  if (explicit.request !== undefined) explicit.request.explicitLeave = true;
  expect(toConfigData(119, joint, record()).autoLeave).toBe(true);
  expect(toConfigData(119, joint, explicit).autoLeave).toBe(false);
  expect(toConfigData(119, joint).autoLeave).toBe(false);
  expect(toConfigData(118, confState, record()).autoLeave).toBe(false);
});
