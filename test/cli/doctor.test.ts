import { describe, expect, test } from 'vitest';
import { type DoctorData, diagnose, doctorError } from '../../src/cli/doctor/doctor.js';
import { doctorText } from '../../src/cli/doctor/doctor-text.js';
import { toStatusData } from '../../src/cli/status-data.js';
import { plainStyle } from '../../src/cli/style.js';
import type { ClusterView } from '../../src/client/index.js';
import {
  type NodeStatus,
  PeerLink,
  ProgressState,
  SpaceStatus,
  StorageStatus,
} from '../../src/gen/raftctl/v1/cluster.js';
import { EventType, HistoryEvent } from '../../src/gen/raftctl/v1/history.js';
import { ChangePhase, ChangeRecord, GetChangeResponse, SpaceLevel } from '../../src/gen/raftctl/v1/member.js';
import { joint, leaderless, oneDown, steady } from './views.js';

const now = new Date('2026-09-15T10:22:31Z');

interface More {
  readonly before?: ClusterView;
  readonly change?: GetChangeResponse;
  readonly events?: readonly HistoryEvent[];
}

function examined(view: ClusterView, { before, change, events = [] }: More = {}): DoctorData {
  const data = toStatusData(view, now);
  return diagnose({ view, data, before: before && toStatusData(before, now), change, events, now });
}

const ids = (view: ClusterView, more?: More) => examined(view, more).findings.map(({ id, severity }) => [id, severity]);

/** The view with other words of one node about itself. */
function saying(view: ClusterView, id: number, fields: Partial<NodeStatus>): ClusterView {
  const nodes = view.nodes.map((node) =>
    node.id === id && node.status ? { ...node, status: { ...node.status, ...fields } } : node,
  );
  return { ...view, nodes, leader: view.leader && nodes.find((node) => node.id === view.leader?.id)?.status };
}

const link = (id: number, fields: Partial<PeerLink> = {}) =>
  PeerLink.fromPartial({ id, address: `10.0.0.${id}:7400`, connected: true, lastSeenMs: 20, ...fields });

describe('the doctor', () => {
  test('finds nothing in a cluster that is well, and says what it looked at', () => {
    const data = examined(steady());
    expect(data).toEqual({ looked: { nodes: 4, reachable: 4, leader: 1 }, findings: [] });
    expect(doctorText(data, plainStyle, 80)).toBe('nothing found: 4 nodes looked at, 4 in reach, node 1 leads');
    expect(doctorError(data)).toBeUndefined();
  });

  test('puts what acts now first, each with evidence and the next command', () => {
    const data = examined(saying(leaderless(), 1, { drained: true }));
    expect(doctorText(data, plainStyle, 80)).toBe(
      [
        '1  ACTS NOW  nothing is written: 1 of 3 voters is in reach, 2 are needed',
        '   n2  10.0.0.2:7400  10.0.0.2:7400 refused the connection',
        '   n3  10.0.0.3:7400  10.0.0.3:7400 refused the connection',
        '   next: start n2 or n3 · raftctl recover --help',
        '',
        '2  ACTS NOW  n2 does not answer',
        '   n2  10.0.0.2:7400  10.0.0.2:7400 refused the connection',
        '   next: start n2 · raftctl wait node=2:caught-up',
        '',
        '3  ACTS NOW  n3 does not answer',
        '   n3  10.0.0.3:7400  10.0.0.3:7400 refused the connection',
        '   next: start n3 · raftctl wait node=3:caught-up',
        '',
        '4  ACTS NOW  n4 does not answer',
        '   n4  10.0.0.4:7400  10.0.0.4:7400 refused the connection',
        '   next: start n4 · raftctl wait node=4:caught-up',
        '',
        '5  warning   n1 is drained: it does not lead',
        '   next: raftctl node undrain 1',
        '',
        '4 nodes looked at, 1 in reach, nobody leads',
      ].join('\n'),
    );
    expect(doctorError(data)?.exitCode).toBe(5);
  });

  test('warnings alone are no failure', () => {
    const data = examined(saying(steady(), 2, { drained: true }));
    expect(data.findings).toMatchObject([{ rank: 1, id: 'drained', severity: 'warning', nodes: [2] }]);
    expect(doctorError(data)).toBeUndefined();
  });
});

describe('why nobody leads', () => {
  const followers = (fields: Partial<NodeStatus>) => {
    const view = [1, 2, 3].reduce((sight, id) => saying(sight, id, { leader: 0, role: 1, ...fields }), steady());
    return { ...view, leader: undefined };
  };

  test('all voters in reach are drained', () => {
    expect(examined(followers({ drained: true })).findings[0]).toMatchObject({
      id: 'no-leader',
      what: expect.stringContaining('no voter in reach that may campaign'),
      next: ['raftctl node undrain 1'],
    });
  });

  test('the voters do not reach each other', () => {
    const apart = followers({ links: [link(1, { connected: false, error: 'no route' })] });
    expect(examined(apart).findings[0]?.what).toContain('do not reach each other');
  });

  test('an election runs, or the votes are split', () => {
    expect(examined(followers({})).findings[0]?.what).toContain('an election is running');
    expect(examined(followers({ role: 3 })).findings[0]?.what).toContain('split the votes');
  });

  test('a joint configuration lacks one of its majorities', () => {
    const view = joint();
    const gone = oneDown().nodes.find(({ id }) => id === 3);
    const nodes = view.nodes.map((node) => (node.id === 4 && gone ? { ...gone, id: 4, name: 'n4' } : node));
    const [first] = examined({ ...view, nodes, leader: undefined }).findings;
    expect(first).toMatchObject({ id: 'joint-without-majorities', nodes: [4] });
    expect(first?.what).toContain('1 of 2 voters of {1,4} is in reach, 2 are needed');
  });
});

describe('single nodes', () => {
  test('one that is gone, and what that will cost', () => {
    expect(examined(oneDown()).findings[0]).toMatchObject({
      id: 'unreachable-node',
      evidence: expect.arrayContaining(['it is behind the compacted log and will need a snapshot']),
    });
  });

  test('one whose snapshot stands still between two looks, and one whose snapshot moves', () => {
    const sending = (bytes: number) => {
      const view = steady();
      const progress = (view.leader?.progress ?? []).map((peer) =>
        peer.id === 4
          ? { ...peer, state: ProgressState.SNAPSHOT, match: 0, snapshotBytesSent: bytes, snapshotBytesTotal: 900 }
          : peer,
      );
      return saying(view, 1, { progress });
    };
    expect(ids(sending(300), { before: sending(300) })).toEqual([['snapshot-standing-still', 'acts-now']]);
    expect(ids(sending(300), { before: sending(100) })).toEqual([['snapshot-running', 'warning']]);
  });

  const space = SpaceStatus.fromPartial({ level: SpaceLevel.LOW });
  test.each([
    ['a disk with little room', { storage: StorageStatus.fromPartial({ diskFreeBytes: 500e6 }) }, 'disk', 'warning'],
    ['a full one', { storage: StorageStatus.fromPartial({ diskFreeBytes: 5e6 }) }, 'disk', 'acts-now'],
    [
      'one below its reserve',
      { storage: StorageStatus.fromPartial({ diskFreeBytes: 200e6 }), space },
      'disk',
      'acts-now',
    ],
    ['another version', { version: '0.8.0' }, 'version-skew', 'warning'],
    ['a certificate that has ended', { certificateEndsMs: now.getTime() - 1 }, 'certificate', 'acts-now'],
    ['one that ends soon', { certificateEndsMs: now.getTime() + 86_400_000 }, 'certificate', 'warning'],
  ] as const)('%s', (_, fields, id, severity) => {
    expect(ids(saying(steady(), 2, fields))).toEqual([[id, severity]]);
  });

  test('one that was removed and still runs', () => {
    const view = { ...steady(), confState: { ...steady().confState, learners: [] } };
    expect(ids(view)).toEqual([['removed-node-running', 'warning']]);
    const refused = [1, 2, 3].map((id) => link(id, { connected: false, error: 'node 4 is not a member' }));
    expect(ids(saying(view, 4, { links: refused }))).toEqual([['removed-node-running', 'warning']]);
  });

  test('one whose data is gone, by its own words or by those of its peers', () => {
    const stranger = { address: '10.0.0.3:7400', id: 3, clusterId: '', incarnation: 0 };
    expect(ids({ ...steady(), strangers: [stranger] })).toEqual([['wiped-node', 'acts-now']]);
    const refused = link(3, { error: 'node 3 has come with another data directory, 12 instead of 34' });
    const view = saying(steady(), 1, { links: [link(2), refused, link(4)] });
    expect(ids(view)).toEqual([['wiped-node', 'acts-now']]);
  });

  test('one of another cluster, or of a time before a recovery, at an address of this one', () => {
    const at = { address: '10.0.0.3:7400', id: 3 };
    expect(ids({ ...steady(), strangers: [{ ...at, clusterId: 'ffff', incarnation: 1 }] })[0]?.[0]).toBe(
      'other-cluster',
    );
    const before = { ...at, clusterId: steady().clusterId, incarnation: 7 };
    expect(ids({ ...steady(), strangers: [before] })[0]?.[0]).toBe('other-incarnation');
  });
});

describe('between nodes', () => {
  test('one hears the other, and is not heard', () => {
    const view = saying(saying(steady(), 2, { links: [link(3)] }), 3, {
      links: [link(2, { connected: false, error: 'no route to host' })],
    });
    expect(examined(view).findings).toMatchObject([
      { id: 'one-way-partition', what: 'n2 hears n3, but n3 does not hear n2', nodes: [3, 2] },
    ]);
  });

  test('neither hears the other: one finding, not two', () => {
    const off = { connected: false };
    const view = saying(saying(steady(), 2, { links: [link(3, off)] }), 3, { links: [link(2, off)] });
    expect(ids(view)).toEqual([['broken-link', 'acts-now']]);
  });

  test('elections follow on elections', () => {
    const events = [1, 2, 3, 4].map((minutes) =>
      HistoryEvent.fromPartial({ type: EventType.LEADER, cause: 'elected', atMs: now.getTime() - minutes * 60_000 }),
    );
    expect(ids(steady(), { events })).toEqual([['many-elections', 'warning']]);
    expect(ids(steady(), { events: events.slice(1) })).toEqual([]);
  });
});

describe('a change of the members', () => {
  const record = (phase: ChangePhase) => ChangeRecord.fromPartial({ id: 'ab12', phase, text: 'waits for n3' });

  test('that is stuck, with who is missing', () => {
    const view = saying(steady(), 1, { runningChange: 'ab12', change: record(ChangePhase.STUCK) });
    const change = GetChangeResponse.fromPartial({
      fromLeader: true,
      stuck: true,
      stillMs: 60_000,
      quorums: [{ set: 'incoming', voters: [1, 3, 4], needed: 2, acked: [1], missing: [3] }],
      advice: ['bring n3 back'],
    });
    expect(examined(view, { change }).findings).toMatchObject([
      {
        id: 'change-stuck',
        what: 'the change ab12 has not moved for 1m00s: waits for n3',
        evidence: ['incoming {1,3,4}: 1 of 2 needed, missing 3', 'bring n3 back'],
        nodes: [3],
      },
    ]);
  });

  test('that runs is nothing to report', () => {
    expect(ids(saying(steady(), 1, { runningChange: 'ab12', change: record(ChangePhase.CATCHING_UP) }))).toEqual([]);
  });

  test('whose joint configuration waits to be left by hand', () => {
    expect(ids(joint())).toEqual([['joint-left-open', 'warning']]);
  });
});
