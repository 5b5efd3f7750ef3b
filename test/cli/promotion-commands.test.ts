import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import MemberAdd from '../../commands/member/add.js';
import MemberChangeStatus from '../../commands/member/change/status.js';
import MemberPromote from '../../commands/member/promote.js';
import MemberReplace from '../../commands/member/replace.js';
import {
  type ChangeMembersRequest,
  ChangePhase,
  ChangePlan,
  GetChangeResponse,
  type PromoteChangeRequest,
  PromoteWhen,
} from '../../src/gen/raftctl/v1/member.js';
import { type FakeNode, startTrio } from '../client/fake-node.js';
import { bareEnvironment } from './bare-environment.js';
import { changeId, event, plan, record, telling } from './change-fixture.js';
import { documentOf, runCommand } from './run-command.js';

let nodes: [FakeNode, FakeNode, FakeNode];
let at: string[];
const confState = { voters: [1, 2, 3], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };

beforeEach(async () => {
  bareEnvironment();
  nodes = await startTrio();
  const members = nodes.map(({ address }, place) => ({ id: place + 1, name: `n${place + 1}`, address, addedIndex: 1 }));
  nodes[0].on('listMembers', () => ({
    clusterId: 'c'.repeat(32),
    configIndex: 1,
    confState,
    members,
    announced: [],
    removed: [],
  }));
  nodes[0].on('listChanges', () => ({ changes: [] }));
  at = ['-e', nodes[0].address, '--timeout', '2s'];
});
afterEach(() => {
  for (const node of nodes) node.stop();
  vi.unstubAllEnvs();
});

const sent = () => nodes[0].requests<ChangeMembersRequest>('changeMembers')[0];
const manual = { when: PromoteWhen.MANUAL, voterDownMs: 0 };
const waits = '4 ready: waiting until somebody promotes 4: raftctl member promote 4';
const fourth = ChangePlan.fromPartial({ ...plan, from: { voters: [1, 2, 3] }, to: { voters: [1, 2, 3, 4] } });
/** A change that waits for somebody. */
const waiting = () =>
  record({
    request: { ...(record().request as ChangeMembersRequest), promotion: manual, maxRounds: 10 },
    to: { ...confState, voters: [1, 2, 3, 4] },
    phase: ChangePhase.READY,
    text: waits,
  });

describe('a new voter', () => {
  const add = (...flags: string[]) =>
    runCommand(MemberAdd, 'member:add', ['127.0.0.1:1', '--id', '4', ...flags, ...at]);

  test('that waits to be promoted is as far as the command goes, which says what comes next', async () => {
    nodes[0].onStream('changeMembers', () =>
      telling(event(ChangePhase.PLANNED, 'planned', { plan: fourth }), event(ChangePhase.READY, waits)),
    );
    const run = await add('--voter', '--promote-when', 'manual', '--max-rounds', '10', '--json');
    expect(run.stderr).not.toContain('error:');
    expect(sent()).toMatchObject({ voters: { ids: [1, 2, 3, 4] }, promotion: manual, maxRounds: 10 });
    expect(sent()?.keepSpare).toBeUndefined();
    expect(run.exitCode).toBe(0);
    expect(documentOf(run).data).toMatchObject({ id: changeId, phase: 'ready' });
    expect(run.stderr).toContain('to go on: raftctl member promote 4   to go back: raftctl member change abort');
  });

  test('may wait for a voter to be down, of which the time is asked for', async () => {
    nodes[0].onStream('changeMembers', () =>
      telling(event(ChangePhase.PLANNED, 'planned', { plan: fourth }), event(ChangePhase.READY, 'ready')),
    );
    const wanted = ['3', '--with', '127.0.0.1:1', '--id', '4', '--promote-when', 'voter-down>30s', ...at];
    expect(await runCommand(MemberReplace, 'member:replace', wanted)).toMatchObject({ exitCode: 0 });
    expect(sent()).toMatchObject({ promotion: { when: PromoteWhen.VOTER_DOWN, voterDownMs: 30_000 } });
    expect(await add('--voter', '--promote-when', 'voter-down')).toMatchObject({ exitCode: 2 });
  });

  test('to be kept as a spare is a learner, with --voter or without', async () => {
    nodes[0].onStream('changeMembers', () => telling(event(ChangePhase.PLANNED, 'planned', { plan, unchanged: true })));
    for (const flags of [['--keep-spare'], ['--voter', '--keep-spare']]) {
      await add(...flags);
      expect(nodes[0].requests<ChangeMembersRequest>('changeMembers').at(-1)).toMatchObject({
        voters: undefined,
        learners: { ids: [4] },
        keepSpare: true,
      });
    }
    expect(await add('--keep-spare', '--promote-when', 'manual')).toMatchObject({ exitCode: 2 });
  });
});

describe('member promote', () => {
  const promote = (...flags: string[]) => runCommand(MemberPromote, 'member:promote', [...flags, ...at]);

  test('lets a change go on that waits for it, and follows that to its end', async () => {
    nodes[0].on('listChanges', () => ({ changes: [waiting()] }));
    nodes[0].on('promoteChange', () => ({ change: waiting() }));
    const goesOn = [
      { ...event(ChangePhase.CATCHING_UP, 'to be promoted'), plan: fourth },
      event(ChangePhase.CHANGING, 'one simple change'),
      event(ChangePhase.DONE, 'done', { configIndex: 121 }),
    ];
    nodes[0].onStream('watchChange', () => telling(...goesOn.map((told) => ({ event: told }))));
    const run = await promote('4', '--reason', 'OPS-9');
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^change 01J8Z3P2QK4T .* done @121\n$/) });
    expect(nodes[0].requests<PromoteChangeRequest>('promoteChange')).toEqual([
      { id: changeId, reason: 'OPS-9', by: expect.stringMatching(/^.+@.+$/) },
    ]);
    expect(sent()).toBeUndefined();
  });

  test('names all that the change promotes at once', async () => {
    const both = { ...waiting(), to: { ...confState, voters: [1, 2, 3, 4, 5] } };
    nodes[0].on('listChanges', () => ({ changes: [both] }));
    const run = await promote('4', '--json');
    expect(run.exitCode).toBe(10);
    expect(documentOf(run).errors).toMatchObject([{ code: 'E_CONFLICT', hint: 'raftctl member promote 4 5' }]);
  });

  test('with --dry-run lets nothing go on', async () => {
    nodes[0].on('listChanges', () => ({ changes: [waiting()] }));
    const run = await promote('4', '--dry-run', '--json');
    expect(documentOf(run).data).toMatchObject({ id: changeId, phase: 'ready', dryRun: true });
    expect(nodes[0].requests('promoteChange')).toEqual([]);
  });
});

test('member change status says what a change waits for, and how it was to be', async () => {
  const catchUp = [
    { id: 4, state: 'replicate', match: 50, lag: 0, rounds: 3, roundMs: 12, ready: true, required: true },
  ];
  const answer = GetChangeResponse.fromPartial({ change: waiting(), catchUp, canAbort: true, fromLeader: true });
  nodes[0].on('getChange', () => answer);
  const status = (...flags: string[]) => runCommand(MemberChangeStatus, 'member:change:status', [...flags, ...at]);
  const run = await status();
  expect(run.exitCode).toBe(8);
  expect(run.stdout).toContain(`  ${waits}\n`);
  expect(run.stdout).toContain('  n4  replicate  lag 0, ready\n');
  expect(documentOf(await status('--json')).data).toMatchObject({
    phase: 'ready',
    promoteWhen: 'manual',
    voterDownMs: null,
    promotionRequested: false,
    maxRounds: 10,
    keepSpare: false,
    catchUp: [{ rounds: 3, roundMs: 12, ready: true }],
  });
});
