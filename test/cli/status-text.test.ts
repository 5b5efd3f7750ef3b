import { describe, expect, test } from 'vitest';
import { statusText } from '../../src/cli/render-status.js';
import { toStatusData } from '../../src/cli/status-data.js';
import { nextCommands, statusWarnings } from '../../src/cli/status-warnings.js';
import { plainStyle } from '../../src/cli/style.js';
import { type NodeStatus, SpaceStatus, StorageStatus } from '../../src/gen/raftctl/v1/cluster.js';
import { ChangePhase, ChangeRecord, SpaceLevel } from '../../src/gen/raftctl/v1/member.js';
import { joint, leaderless, oneDown, steady } from './views.js';

const now = new Date('2026-09-15T10:22:31Z');
const cluster = { id: '7c1f04be9d2a55e1', name: 'prod', incarnation: 1 };

async function screen(view: Parameters<typeof toStatusData>[0], width?: number, wide = false): Promise<string> {
  const data = toStatusData(view, now);
  const warnings = statusWarnings(data, now);
  const next = width === undefined ? [] : nextCommands(data, warnings);
  return statusText(data, { style: plainStyle, cluster, headers: true, width, wide, warnings, next });
}

describe('status on a screen', () => {
  test('of a cluster that is well', async () => {
    expect(await screen(steady())).toBe(
      [
        'CLUSTER  prod  7c1f04be9d2a55e1   HEALTH  healthy   LEADER  n1, term 7, for 30.0s',
        'CONFIG   stable @118   voters 1,2,3   learners 4',
        'QUORUM   needs 2 of 3, live 3 -> tolerates 1 more failure',
        'LOG      101..2000   commit 2000   applied 2000   1.0 MiB',
        '',
        'ID  NAME  ROLE      STATE      ADDRESS        MATCH  LAG  LAST-SEEN  RTT    DB       VERSION',
        '1   n1    leader    -          10.0.0.1:7400  2000   0    -          -      2.0 MiB  0.9.0',
        '2   n2    follower  replicate  10.0.0.2:7400  2000   0    41ms       0.4ms  2.0 MiB  0.9.0',
        '3   n3    follower  replicate  10.0.0.3:7400  2000   0    41ms       0.4ms  2.0 MiB  0.9.0',
        '4   n4    learner   replicate  10.0.0.4:7400  2000   0    41ms       0.4ms  2.0 MiB  0.9.0',
      ].join('\n'),
    );
  });

  test('fits a terminal of 80 columns: what matters least goes first, and long lines go on below', async () => {
    expect(await screen(oneDown(), 80)).toBe(
      [
        'CLUSTER  prod  7c1f04be9d2a55e1   HEALTH  degraded',
        'LEADER   n1, term 7, for 30.0s',
        'CONFIG   stable @118   voters 1,2,3   learners 4',
        'QUORUM   needs 2 of 3, live 2 -> tolerates 0 more failures (1 when all are up)',
        'LOG      101..2000   commit 2000   applied 2000   1.0 MiB',
        '',
        'ID  NAME  ROLE      STATE      ADDRESS        MATCH  LAG  LAST-SEEN  RTT',
        '1   n1    leader    -          10.0.0.1:7400  2000   0    -          -',
        '2   n2    follower  replicate  10.0.0.2:7400  2000   0    41ms       0.4ms',
        '3   n3    unknown   probe      10.0.0.3:7400  1500   500  12m04s     -',
        '4   n4    learner   replicate  10.0.0.4:7400  2000   0    41ms       0.4ms',
        '',
        '! n3 is unreachable for 12m04s (10.0.0.3:7400 refused the connection). It is',
        '  behind the compacted log and will need a snapshot.',
        '! one more voter failure (n1 or n2) stops writes.',
        '  next: raftctl cluster doctor · raftctl cluster what-if --down 1',
        '        raftctl wait node=3:caught-up',
      ].join('\n'),
    );
  });

  test('gives up more where addresses are long, but never who, where, and how far behind', async () => {
    const view = oneDown();
    const far = 'raft-node.eu-west-1.internal.example.com:7400';
    const members = view.leader?.members.map((member) => ({ ...member, address: far })) ?? [];
    if (view.leader !== undefined) view.leader.members = members;
    const nodes = view.nodes.map((node) => ({ ...node, address: far }));
    const lines = (await screen({ ...view, nodes }, 80)).split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(lines.find((line) => line.startsWith('ID'))).toMatch(/^ID +NAME +ROLE +ADDRESS +LAG$/);
  });

  test('has more columns with -o wide', async () => {
    const [head = '', first = ''] = (await screen(steady(), undefined, true)).split('\n').slice(5);
    expect(head).toMatch(/VERSION +NEXT +INFLIGHT +TERM +COMMIT +APPLIED +SNAPSHOT +ZONE +UPTIME$/);
    expect(first).toMatch(/0\.9\.0 +- +- +7 +2000 +2000 +- +a +0\.0ms$/);
  });

  test('through a pipe leaves nothing out and breaks no line', async () => {
    const text = await screen(oneDown());
    expect(text).toContain('3   n3    unknown   probe      10.0.0.3:7400  1500   500  12m04s     -      ?        ?');
    expect(text).toContain(
      '! n3 is unreachable for 12m04s (10.0.0.3:7400 refused the connection). It is behind the compacted log and will need a snapshot.',
    );
    expect(text).not.toContain('next:');
  });

  test('works without a leader', async () => {
    const text = await screen(leaderless());
    expect(text).toContain('HEALTH  unavailable   LEADER  none');
    expect(text).toContain('needs 2 of 3, live 1 -> no majority: writes have stopped');
    expect(text).toContain('1   n1    candidate');
  });

  test('shows both halves of a joint configuration', async () => {
    const data = toStatusData(joint(), now);
    expect(data.nodes.map(({ id, set }) => [id, set])).toEqual([
      [1, 'voter'],
      [2, 'voter(out)'],
      [3, 'learner(next)'],
      [4, 'voter(in)'],
    ]);
    const text = await screen(joint());
    expect(text).toContain(
      'CONFIG   joint @119   voters 1,4   and of before 1,2,3   learners next 3   to be left by hand',
    );
    expect(text).toContain('! the configuration stays joint until it is left: raftctl member change leave');
  });

  test('does not let what nodes say of themselves move the cursor', async () => {
    const view = steady();
    const [first] = view.nodes;
    const evil = { ...view, nodes: [{ ...first, name: 'n1\u001b[2J\nroot' } as typeof first & object] };
    const text = await screen(evil);
    expect(text).not.toContain('\u001b');
    expect(text).toContain('n1\\u{1b}[2J\\nroot');
  });
});

describe('what status warns of', () => {
  const messages = (view: ReturnType<typeof steady>) => statusWarnings(toStatusData(view, now), now);
  const withStatus = (id: number, fields: Partial<NodeStatus>, more: object = {}) => {
    const view = steady();
    const nodes = view.nodes.map((node) =>
      node.id === id && node.status ? { ...node, status: { ...node.status, ...fields }, ...more } : node,
    );
    const leader = nodes.find((node) => node.id === view.leader?.id)?.status;
    return { ...view, nodes, leader };
  };

  test('nothing, where all is well', () => expect(messages(steady())).toEqual([]));

  test.each([
    ['a drained node', withStatus(2, { drained: true }), 'W_DRAINED', 'n2 is drained: it does not lead.'],
    ['paused elections', withStatus(3, { electionsPaused: true }), 'W_ELECTIONS_PAUSED', 'elections are paused on n3'],
    ['a clock', withStatus(3, {}, { clockAheadMs: -700 }), 'W_CLOCK', 'n3 is 700ms behind the leader’s.'],
    [
      'credentials that cannot be used',
      withStatus(2, { credentialsProblem: 'key.pem is not a PEM file' }),
      'W_CREDENTIALS',
      'n2 cannot use its new certificate or tokens: key.pem is not a PEM file',
    ],
    ['a full disk', withStatus(4, { storage: disk(512 * 1024 ** 2) }), 'W_DISK', 'the disk of n4 has 512 MiB free.'],
    [
      'one below its reserve',
      withStatus(4, { storage: disk(200 * 1024 ** 2), space: space(SpaceLevel.LOW) }),
      'W_NO_SPACE',
      'the disk of n4 has 200 MiB free: it takes no writes as a leader.',
    ],
    [
      'one below the reserve for appends',
      withStatus(4, { storage: disk(20 * 1024 ** 2), space: space(SpaceLevel.FULL) }),
      'W_NO_SPACE',
      'the disk of n4 has 20 MiB free: it acknowledges no more entries.',
    ],
    [
      'a certificate that ends soon',
      withStatus(2, { certificateEndsMs: now.getTime() + 3 * 86_400_000 }),
      'W_CERTIFICATE',
      'the certificate of n2 ends in 3d0h.',
    ],
    [
      'one that has ended',
      withStatus(2, { certificateEndsMs: now.getTime() - 3_600_000 }),
      'W_CERTIFICATE',
      'the certificate of n2 ended 1h00m ago.',
    ],
    [
      'a change that runs',
      withStatus(1, { runningChange: 'ab12', change: change(ChangePhase.CATCHING_UP, 2_000) }),
      'W_CHANGE',
      'change ab12 has been running for 1m00s: catching-up, waits for n4',
    ],
    [
      'one that is stuck',
      withStatus(1, { runningChange: 'ab12', change: change(ChangePhase.STUCK, 45_000) }),
      'W_CHANGE_STUCK',
      'change ab12 has been running for 1m00s, without a step for 45.0s: stuck, waits for n4',
    ],
  ])('%s', (_, view, code, text) => {
    const [warning, ...others] = messages(view);
    expect(others).toEqual([]);
    expect(warning?.code).toBe(code);
    expect(warning?.message).toContain(text);
  });

  test('and not of the clock of the machine that it runs on: that one may be wrong itself', () => {
    const view = steady();
    expect(messages({ ...view, nodes: view.nodes.map((node) => ({ ...node, clockAheadMs: 90_000 })) })).toEqual([]);
  });

  function disk(diskFreeBytes: number): StorageStatus {
    return StorageStatus.fromPartial({ diskFreeBytes });
  }

  function space(level: SpaceLevel): SpaceStatus {
    return SpaceStatus.fromPartial({ level });
  }

  function change(phase: ChangePhase, stillMs: number): ChangeRecord {
    const at = now.getTime();
    return ChangeRecord.fromPartial({
      id: 'ab12',
      phase,
      text: 'waits for n4',
      startedMs: at - 60_000,
      updatedMs: at - stillMs,
    });
  }
});

describe('status as data', () => {
  test('counts whom the leader hears although its tracker has just forgotten who is active', () => {
    const view = steady();
    if (view.leader === undefined) throw new Error('a steady cluster has a leader');
    view.leader.electionTimeoutMs = 1000;
    for (const peer of view.leader.progress) peer.recentActive = false;
    expect(toStatusData(view, now)).toMatchObject({ health: 'healthy', quorum: { available: true, tolerates: 1 } });
    for (const link of view.leader.links) if (link.id !== 4) link.lastSeenMs = 1500;
    expect(toStatusData(view, now)).toMatchObject({ health: 'unavailable', quorum: { available: false } });
  });

  test('names the smallest losses that stop writes', () => {
    expect(toStatusData(steady(), now).quorum).toEqual({
      sets: [{ name: 'voters', size: 3, needed: 2, live: 3 }],
      available: true,
      tolerates: 1,
      toleratesNominal: 1,
      minimalCuts: [
        [1, 2],
        [1, 3],
        [2, 3],
      ],
    });
  });

  test('says null where nobody can say, never -1 and never an empty text', () => {
    const down = toStatusData(oneDown(), now).nodes.find(({ id }) => id === 3);
    expect(down).toMatchObject({
      role: 'unknown',
      reachable: false,
      term: null,
      commit: null,
      rttMs: null,
      version: null,
    });
    expect(down?.error).toEqual({ code: 'E_CONN_REFUSED', message: '10.0.0.3:7400 refused the connection' });
    expect(JSON.stringify(toStatusData(leaderless(), now))).not.toMatch(/:-1|:""/);
  });
});
