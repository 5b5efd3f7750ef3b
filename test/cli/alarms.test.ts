import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import AlarmList from '../../commands/alarm/list.js';
import { SpaceStatus } from '../../src/gen/raftctl/v1/cluster.js';
import { SpaceLevel } from '../../src/gen/raftctl/v1/member.js';
import { type FakeNode, startTrio } from '../client/fake-node.js';
import { bareEnvironment } from './bare-environment.js';
import { documentOf, runCommand } from './run-command.js';

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

test('alarm list says so where there are none', async () => {
  expect(await runCommand(AlarmList, 'alarm:list', at)).toMatchObject({ exitCode: 0, stdout: 'no alarms\n' });
});

test('alarm list names the nodes whose disks have no room, since when, and what they do not do', async () => {
  const sinceMs = Date.UTC(2026, 0, 2, 3, 4, 5);
  nodes[1].status.space = SpaceStatus.fromPartial({ level: SpaceLevel.FULL, sinceMs });
  const text = await runCommand(AlarmList, 'alarm:list', at);
  expect(text.exitCode).toBe(0);
  expect(text.stdout).toMatch(
    /^NODE +ALARM +LEVEL +SINCE +MESSAGE *\nn2 +no-space +full +2026-01-02 03:04:05Z +the disk of n2 /,
  );
  const json = await runCommand(AlarmList, 'alarm:list', [...at, '--json']);
  expect(documentOf(json)).toMatchObject({
    ok: true,
    kind: 'Alarms',
    data: { alarms: [{ alarm: 'no-space', node: 2, level: 'full', since: '2026-01-02T03:04:05.000Z' }] },
  });
  expect((await runCommand(AlarmList, 'alarm:list', [...at, '-q'])).stdout).toBe('2\n');
});
