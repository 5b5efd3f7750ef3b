import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import ClusterHealth from '../../commands/cluster/health.js';
import Progress from '../../commands/progress.js';
import Status from '../../commands/status.js';
import { healthText, toHealthData } from '../../src/cli/health-data.js';
import { toProgressListData } from '../../src/cli/progress-data.js';
import { toStatusData } from '../../src/cli/status-data.js';
import { statusWarnings } from '../../src/cli/status-warnings.js';
import { plainStyle } from '../../src/cli/style.js';
import { PeerProgress } from '../../src/gen/raftctl/v1/cluster.js';
import { ChangePhase, ChangeRecord } from '../../src/gen/raftctl/v1/member.js';
import { type FakeNode, startTrio, withoutLeader } from '../client/fake-node.js';
import { bareEnvironment } from './bare-environment.js';
import { documentOf, runCommand } from './run-command.js';
import { joint, leaderless, oneDown, steady } from './views.js';

let nodes: [FakeNode, FakeNode, FakeNode];
let at: string[];

beforeEach(async () => {
  bareEnvironment();
  nodes = await startTrio();
  at = ['-e', nodes[0].address, '--timeout', '300ms'];
});

afterEach(() => {
  for (const node of nodes) node.stop();
  vi.unstubAllEnvs();
});

describe('progress', () => {
  test('shows the trackers of the leader', async () => {
    const run = await runCommand(Progress, 'progress', [...at, '--json']);
    expect(documentOf(run)).toMatchObject({ ok: true, data: { peers: [{ id: 1 }, { id: 2 }, { id: 3 }], nodes: [] } });
  });

  test('shows what each node says of itself where nobody leads, and still ends with exit 6', async () => {
    withoutLeader(nodes);
    const text = await runCommand(Progress, 'progress', at);
    expect(text.exitCode).toBe(6);
    expect(text.stderr).toContain('error: no leader');
    expect(text.stdout).toMatch(/^ID +NAME +ROLE +TERM .*\n1 .*pre-candidate.*\n2 .*\n3 .*\n$/);
    const json = await runCommand(Progress, 'progress', [...at, '--json']);
    expect(json.exitCode).toBe(6);
    expect(documentOf(json)).toMatchObject({ data: { peers: [], nodes: [{ id: 1 }, { id: 2 }, { id: 3 }] } });
  });

  test('calls a rate that has faded away none', () => {
    const status = steady().leader;
    if (status === undefined) throw new Error('a steady cluster has a leader');
    status.progress = [
      PeerProgress.fromPartial({ id: 2, rate: 7.1e-13 }),
      PeerProgress.fromPartial({ id: 3, rate: 12.34 }),
    ];
    expect(toProgressListData(status).peers.map(({ rate }) => rate)).toEqual([0, 12.3]);
  });
});

describe('status of one node', () => {
  test('is what that node says of itself', async () => {
    const run = await runCommand(Status, 'status', [...at, '--node', '2', '--json']);
    expect(documentOf(run)).toMatchObject({ kind: 'Node', source: { node: 2 }, data: { id: 2, name: 'n2' } });
    expect((await runCommand(Status, 'status', [...at, '--node', '2'])).stdout).toContain(`NODE     2  n2`);
    expect((await runCommand(Status, 'status', [...at, '--node', '2', '-q'])).stdout).toBe('2\n');
  });

  test('fails where there is no such node', async () => {
    const run = await runCommand(Status, 'status', [...at, '--node', '77']);
    expect(run.stdout).toBe('');
    expect(run.exitCode).not.toBe(0);
    expect(run.stderr).toMatch(/error: .*77/);
  });
});

describe('a check whose answer nobody knows is not ok', () => {
  const limits = { requireTolerance: undefined, maxLag: 1000 };
  const statuses = (view: ReturnType<typeof steady>) =>
    Object.fromEntries(
      toHealthData(toStatusData(view, new Date()), limits, new Date()).checks.map(({ id, status }) => [id, status]),
    );

  test('without a leader: who lags, and whether a change runs', () => {
    expect(statuses(leaderless())).toMatchObject({ leader: 'fail', replication: 'unknown', configuration: 'unknown' });
  });

  test('with one, they are known', () => {
    expect(Object.values(statuses(steady()))).not.toContain('unknown');
  });

  test('of disks and versions, where no node says', async () => {
    for (const node of nodes) node.status.storage = undefined;
    const run = await runCommand(ClusterHealth, 'cluster:health', [...at, '--json']);
    const { checks } = documentOf(run).data as { checks: { id: string; status: string }[] };
    expect(checks).toContainEqual(expect.objectContaining({ id: 'storage', status: 'unknown' }));
  });
});

describe('a check', () => {
  const now = new Date('2026-09-15T10:22:31Z');
  const health = (view: ReturnType<typeof steady>) =>
    toHealthData(toStatusData(view, now), { requireTolerance: 1, maxLag: 100 }, now);
  const found = (view: ReturnType<typeof steady>, id: string) => health(view).checks.find((check) => check.id === id);

  test('says since when, what it has seen, what it holds that against, and the code of the warning', () => {
    expect(found(oneDown(), 'members')).toMatchObject({
      status: 'warn',
      value: 3,
      threshold: 4,
      since: '2026-09-15T10:10:27.000Z',
      code: 'W_UNREACHABLE',
    });
    expect(found(oneDown(), 'quorum')).toMatchObject({ value: 0, threshold: 1, since: null, code: 'W_NO_MARGIN' });
    expect(found(oneDown(), 'replication')).toMatchObject({ value: 500, threshold: 100, code: 'W_NEEDS_SNAPSHOT' });
    expect(found(oneDown(), 'leader')).toMatchObject({ value: 1, since: '2026-09-15T10:22:01.000Z', code: null });
    expect(found(oneDown(), 'tolerance')).toMatchObject({
      status: 'fail',
      value: 0,
      threshold: 1,
      code: 'W_TOLERANCE',
    });
    expect(found(joint(), 'configuration')).toMatchObject({ value: 'joint', threshold: 'stable', code: 'W_JOINT' });
    expect(found(leaderless(), 'leader')).toMatchObject({ value: null, since: null, code: 'W_NO_LEADER' });
  });

  test('that is ok has no code', () => {
    expect(health(steady()).checks.map(({ code }) => code)).toEqual(Array.from({ length: 8 }, () => null));
  });

  test('shows all that in more columns, with -o wide alone', async () => {
    const options = { headers: true, width: undefined };
    const [head, ...rows] = (await healthText(health(oneDown()), true, plainStyle, options)).split('\n');
    expect(head).toMatch(/^CHECK +STATUS +MESSAGE +SINCE +OBSERVED +THRESHOLD +CODE$/);
    expect(rows.find((row) => row.startsWith('members'))).toMatch(/ 2026-09-15 10:10:27Z +3 +4 +W_UNREACHABLE$/);
    expect(rows.find((row) => row.startsWith('storage'))).toMatch(/ - +1\.0 TiB +1\.0 GiB +-$/);
    expect(await healthText(health(oneDown()), false, plainStyle, options)).not.toContain('SINCE');
  });

  test('of the configuration is ok while a change only waits for its promotion', () => {
    const view = steady();
    const waits = ChangeRecord.fromPartial({ id: 'ab12', phase: ChangePhase.READY, text: '4 ready: waiting' });
    if (view.leader !== undefined) Object.assign(view.leader, { runningChange: 'ab12', change: waits });
    expect(found(view, 'configuration')).toMatchObject({
      status: 'ok',
      message: 'stable @118; change ab12 waits: 4 ready: waiting',
    });
    expect(statusWarnings(toStatusData(view, now), now)).toMatchObject([{ code: 'W_CHANGE' }]);
  });
});
