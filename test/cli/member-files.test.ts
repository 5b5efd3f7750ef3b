import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import MemberApply from '../../commands/member/apply.js';
import MemberDiff from '../../commands/member/diff.js';
import MemberExport from '../../commands/member/export.js';
import MemberPlan from '../../commands/member/plan.js';
import { RaftctlError } from '../../src/base/errors.js';
import { parseSpec } from '../../src/cli/member-spec.js';
import { parsePlanFile } from '../../src/cli/plan-file.js';
import { type ChangeMembersRequest, ChangePhase, GetChangeResponse } from '../../src/gen/raftctl/v1/member.js';
import { type FakeNode, startTrio } from '../client/fake-node.js';
import { bareEnvironment } from './bare-environment.js';
import { changeId, doneRecord, event, plan, storyOf, telling } from './change-fixture.js';
import { documentOf, runCommand } from './run-command.js';

let nodes: [FakeNode, FakeNode, FakeNode];
let at: string[];
let folder: string;
const file = () => join(folder, 'plan.json');
const yaml = () => join(folder, 'members.yaml');
const text = (path: string) => readFileSync(path, 'utf8');

const listing = () => ({
  clusterId: 'c'.repeat(32),
  configIndex: 118,
  confState: { voters: [1, 2, 3], learners: [4], votersOutgoing: [], learnersNext: [], autoLeave: false },
  members: [1, 2, 3, 4].map((id) => ({
    id,
    name: `n${id}`,
    address: `127.0.0.1:${id}`,
    addedIndex: 1,
    zone: id === 4 ? undefined : `z${id}`,
  })),
  announced: [],
  removed: [{ member: { id: 9, name: 'n9', address: '127.0.0.1:9', addedIndex: 1 }, removedIndex: 90, removedMs: 0 }],
});

beforeEach(async () => {
  bareEnvironment();
  folder = mkdtempSync(join(tmpdir(), 'raftctl-test-'));
  nodes = await startTrio();
  nodes[0].on('listMembers', listing);
  nodes[0].on('getChange', () => new RaftctlError('E_NOT_FOUND', 'there is no such change'));
  nodes[0].onStream('changeMembers', ({ dryRun, requestId }: ChangeMembersRequest) => {
    const made = event(ChangePhase.PLANNED, 'planned', { plan: { ...plan, changeId: requestId } });
    return dryRun ? telling(made) : telling(...storyOf());
  });
  at = ['-e', nodes[0].address, '--timeout', '2s'];
});
afterEach(() => {
  for (const node of nodes) node.stop();
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

const make = (...flags: string[]) => runCommand(MemberPlan, 'member:plan', [...flags, ...at]);
const apply = (...flags: string[]) => runCommand(MemberApply, 'member:apply', [file(), ...flags, ...at]);

describe('a plan in a file', () => {
  beforeEach(async () => {
    const made = await make('--voters', '1,3,4', '--max-lag', '7', '--request-id', changeId, '--out', file());
    expect(made).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('A plan: nothing was changed.') });
    expect(made.stderr).toContain(`raftctl member apply ${file()}`);
  });

  test('is carried out as it was made: the same request, bound to its configuration and its hash', async () => {
    const run = await apply('--reason', 'OPS-412');
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('done @121') });
    const [dry, real] = nodes[0].requests<ChangeMembersRequest>('changeMembers');
    expect(dry).toMatchObject({ dryRun: true, voters: { ids: [1, 3, 4] } });
    expect(real).toMatchObject({
      dryRun: false,
      requestId: changeId,
      voters: { ids: [1, 3, 4] },
      maxLag: 7,
      ifConfigIndex: 118,
      planHash: plan.hash,
      reason: 'OPS-412',
    });
  });

  test('changes nothing when it is applied again', async () => {
    nodes[0].on('getChange', () => GetChangeResponse.fromPartial({ change: doneRecord() }));
    const run = await apply('--json');
    expect(documentOf(run)).toMatchObject({ exitCode: 0, data: { id: changeId, unchanged: true, phase: 'done' } });
    expect(nodes[0].requests<ChangeMembersRequest>('changeMembers').every(({ dryRun }) => dryRun)).toBe(true);
  });

  test('is refused with exit 10 where the server would do something else by now', async () => {
    const stale = new RaftctlError('E_CONFLICT', 'the plan is stale');
    nodes[0].onStream('changeMembers', () => telling(stale));
    expect((await apply()).exitCode).toBe(10);
  });

  test('is refused with exit 3 by another cluster', async () => {
    nodes[0].on('listMembers', () => ({ ...listing(), clusterId: 'd'.repeat(32) }));
    expect(await apply()).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('for another cluster') });
  });

  test.each([
    ['edited', (whole: string) => whole.replace('"maxLag": 7', '"maxLag": 8'), 'it was edited after it was made'],
    ['torn', (whole: string) => whole.slice(0, 300), 'it is torn, or no JSON'],
    ['another one', () => '{"kind":"Change"}', 'it is no plan of raftctl member plan'],
    ['of a later version', (whole: string) => whole.replace('raftctl/v1', 'raftctl/v2'), 'of another version'],
  ])('is refused with exit 2 where the file is %s', async (_, damage, why) => {
    writeFileSync(file(), damage(text(file())));
    const run = await apply();
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain(`${file()} is no plan to apply: `);
    expect(run.stderr).toContain(why);
  });

  test('may be laid out anew: only what it says is sealed', () => {
    const whole = text(file());
    const { sha256, ...rest } = JSON.parse(whole) as Record<string, unknown>;
    const turned = JSON.stringify({ sha256, ...Object.fromEntries(Object.entries(rest).reverse()) });
    expect(parsePlanFile('turned', turned)).toEqual(parsePlanFile('first', whole));
  });

  test('has its own say: a flag of the plan is refused at apply', async () => {
    expect(await apply('--max-lag', '9')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--max-lag') });
  });
});

describe('member plan', () => {
  test.each([
    [['--remove', '2'], { voters: { ids: [1, 3] }, learners: { ids: [4] } }],
    [['--demote', '3'], { voters: { ids: [1, 2] }, learners: { ids: [4, 3] } }],
    [['--promote', '4'], { voters: { ids: [1, 2, 3, 4] }, learners: undefined }],
    [['--add', '127.0.0.1:1', '--voter'], { voters: { ids: [1, 2, 3, 10] }, peers: [{ id: 10 }] }],
    [['--replace', '2', '--with', '7=127.0.0.1:1'], { voters: { ids: [1, 7, 3] }, peers: [{ id: 7 }] }],
    [['--learners', 'none', '--explicit-leave'], { voters: undefined, learners: { ids: [] }, explicitLeave: true }],
  ])('understands %j as the command of that name does', async (flags, request) => {
    expect((await make(...flags)).exitCode).toBe(0);
    expect(nodes[0].requests('changeMembers')[0]).toMatchObject({ ...request, dryRun: true });
  });

  test('wants exactly one change', async () => {
    expect((await make()).exitCode).toBe(2);
    expect((await make('--remove', '2', '--demote', '3')).exitCode).toBe(2);
  });

  test('ends with exit 13 where something would change, if that is asked for', async () => {
    expect(await make('--remove', '2', '--detailed-exitcode')).toMatchObject({ exitCode: 13, stderr: '' });
    nodes[0].onStream('changeMembers', () => telling(event(ChangePhase.PLANNED, 'planned', { plan, unchanged: true })));
    expect(await make('--remove', '2', '--detailed-exitcode')).toMatchObject({
      exitCode: 0,
      stdout: 'nothing to change\n',
    });
  });
});

describe('the members in a file', () => {
  const diff = (...flags: string[]) => runCommand(MemberDiff, 'member:diff', ['-f', yaml(), ...flags, ...at]);
  const edit = (change: (whole: string) => string) => writeFileSync(yaml(), change(text(yaml())));
  beforeEach(async () => {
    const run = await runCommand(MemberExport, 'member:export', [yaml(), ...at]);
    expect(run.stdout).toBe(`3 voters and 1 learner written to ${yaml()}\n`);
  });

  test('are as YAML what they are', async () => {
    const { stdout } = await runCommand(MemberExport, 'member:export', at);
    expect(stdout).toBe(text(yaml()));
    expect(stdout).toContain('apiVersion: raftctl/v1\nkind: MemberSpec\n');
    expect(await parseSpec('it', stdout)).toMatchObject({ learners: [{ id: 4, name: 'n4' }] });
  });

  test('are the same as those of the cluster that they were taken from', async () => {
    expect(await diff('--detailed-exitcode')).toMatchObject({
      exitCode: 0,
      stdout: 'the cluster is as the file describes it\n',
    });
  });

  test('differ by who is there and how, and the commands that help are named', async () => {
    edit((whole) => `${whole.replace('zone: z2', 'zone: a zone').replace('id: 4', 'id: 5')}    zone: z5\n`);
    const run = await diff();
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.stdout).toBe(
      [
        '~ 2  zone z2 -> a zone',
        '- 4  learner  n4  127.0.0.1:4',
        '+ 5  learner  n4  127.0.0.1:4  zone z5',
        '',
        'would be made so by:',
        "  raftctl member update 2 --zone 'a zone'",
        '  raftctl member change --voters 1,2,3 --learners 5 --peer 5=127.0.0.1:4',
        '  raftctl member update 5 --name n4 --zone z5',
        '',
      ].join('\n'),
    );
    expect(await diff('--detailed-exitcode')).toMatchObject({ exitCode: 13, stderr: '' });
    expect(documentOf(await diff('--detailed-exitcode', '--json'))).toMatchObject({
      exitCode: 13,
      data: {
        same: false,
        differences: [
          { id: 2, kind: 'change' },
          { id: 4, kind: 'remove' },
          { id: 5, kind: 'add' },
        ],
      },
      errors: [{ code: 'E_DIFFERS' }],
    });
  });

  test('of another cluster are no measure for this one', async () => {
    edit((whole) => whole.replace('c'.repeat(32), 'd'.repeat(32)));
    expect((await diff()).exitCode).toBe(3);
  });

  test.each([
    [
      'a field that there is not',
      (whole: string) => whole.replace('zone: z2', 'zoen: z2'),
      12,
      'there is no field "zoen"',
    ],
    ['no id', (whole: string) => whole.replace('id: 2', 'id: two'), 9, 'a member needs an id'],
    ['the same node twice', (whole: string) => whole.replace('id: 4', 'id: 3'), 18, 'node 3 is a voter already'],
    ['an address that is none', (whole: string) => whole.replace('127.0.0.1:2', 'somewhere'), 11, 'somewhere'],
    ['broken YAML', (whole: string) => whole.replace('id: 2', 'id: [2'), 10, 'Flow sequence'],
    ['another kind', (whole: string) => whole.replace('MemberSpec', 'Pod'), 2, 'kind: MemberSpec'],
    [
      'no voters',
      (whole: string) => whole.replace('voters:', 'voters: []\nlearners:').split('learners:\n  - id: 4')[0] ?? '',
      4,
      '',
    ],
  ])('are refused with exit 2 and the line: %s', async (_, damage, line, why) => {
    edit(damage);
    const run = await diff();
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain(`${yaml()}, line ${line}: `);
    expect(run.stderr).toContain(why);
  });
});
