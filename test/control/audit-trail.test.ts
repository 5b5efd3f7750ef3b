import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RaftctlError } from '../../src/base/errors.js';
import { AuditTrail, type AuditTrailOptions, pendingAuditMax } from '../../src/control/audit-trail.js';
import type { Caller } from '../../src/control/callers.js';
import { ClusterServiceClient, ClusterServiceService } from '../../src/gen/raftctl/v1/cluster.js';
import type { HistoryEvent } from '../../src/gen/raftctl/v1/history.js';
import { LeaderServiceClient, LeaderServiceService } from '../../src/gen/raftctl/v1/leader.js';
import {
  ChangeMembersRequest,
  ChangeMembersResponse,
  ChangePhase,
  MemberServiceClient,
  MemberServiceService,
  UpdateMemberRequest,
} from '../../src/gen/raftctl/v1/member.js';
import { NodeServiceClient, NodeServiceService } from '../../src/gen/raftctl/v1/node.js';
import { SnapshotServiceClient, SnapshotServiceService } from '../../src/gen/raftctl/v1/snapshot.js';
import { ControlServer, failure, RecordingLogger, unary } from './control-server.js';
import { FakeNode } from './fake-node.js';

const ops: Caller = {
  name: 'ops',
  standing: 'admin',
  via: 'certificate',
  identity: 'spiffe://raftctl/…/admin/ops',
  from: '10.0.0.9:5000',
  expiresMs: undefined,
};
const asked = { verb: 'node drain', target: 'node 2' };

describe('a trail', () => {
  const logger = new RecordingLogger();
  let written: HistoryEvent[];
  let trail: AuditTrail;
  beforeEach(() => {
    written = [];
    vi.useFakeTimers();
  });
  afterEach(() => {
    trail.stop();
    logger.warnings.length = 0;
    vi.useRealTimers();
  });

  function start(recordAudit: AuditTrailOptions['node']['recordAudit'], more: Partial<AuditTrailOptions> = {}) {
    trail = new AuditTrail({ node: { id: 2, recordAudit }, logger, wallClock: () => 77, ...more });
  }
  const write = async (event: HistoryEvent) => void written.push(event);
  const follower = (address: string) => () =>
    Promise.reject(new RaftctlError('E_NOT_LEADER', 'no', { leaderHint: { id: 1, address, term: 3 } }));

  test('has who, what, from where, why and the outcome', async () => {
    start(write);
    trail.note(ops, { ...asked, reason: 'kernel', requestId: 'r1' }, 'E_REFUSED');
    await vi.waitUntil(() => written.length === 1);
    expect(written[0]).toMatchObject({
      atMs: 77,
      node: 2,
      by: 'ops',
      cause: 'node drain',
      reason: 'kernel',
      audit: {
        identity: ops.identity,
        role: 'admin',
        from: '10.0.0.9:5000',
        target: 'node 2',
        result: 'E_REFUSED',
        requestId: 'r1',
      },
    });
  });

  test('of a node that does not lead goes to the one that does', async () => {
    const given: [string, string][] = [];
    const forward = async (address: string, event: HistoryEvent) => void given.push([address, event.cause]);
    start(follower('10.0.0.1:7400'), { forward });
    trail.note(ops, asked, 'ok');
    await vi.waitUntil(() => given.length === 1);
    expect(given).toEqual([['10.0.0.1:7400', 'node drain']]);
  });

  test('waits for a leader, in order, and is written down once', async () => {
    let isThere = false;
    start(async (event) => {
      if (!isThere) throw new RaftctlError('E_NO_LEADER', 'nobody leads');
      written.push(event);
    });
    for (const target of ['a', 'b', 'c']) trail.note(ops, { ...asked, target }, 'ok');
    await vi.advanceTimersByTimeAsync(5000);
    expect(written).toEqual([]);
    isThere = true;
    await vi.advanceTimersByTimeAsync(1000);
    expect(written.map(({ audit }) => audit?.target)).toEqual(['a', 'b', 'c']);
    expect(new Set(written.map(({ audit }) => audit?.requestId)).size).toBe(3);
  });

  test('says in the log what it could not have written down: too many, or at the end', async () => {
    start(follower(''));
    for (let count = 0; count < pendingAuditMax + 1; count++) trail.note(ops, asked, 'ok');
    expect(logger.warnings).toHaveLength(1);
    trail.stop();
    expect(logger.warnings).toHaveLength(pendingAuditMax + 1);
  });

  test('has nothing of calls after which nothing was tried', async () => {
    start(write);
    for (const code of ['E_NOT_LEADER', 'E_USAGE', 'E_STOPPED', 'E_WRONG_NODE'] as const) trail.note(ops, asked, code);
    trail.note(ops, asked, 'ok');
    await vi.waitUntil(() => written.length > 0);
    expect(written).toHaveLength(1);
  });

  test('cuts what is long', async () => {
    start(write);
    trail.note(ops, { verb: 'v', target: 'x'.repeat(10_000), reason: 'y'.repeat(10_000) }, 'ok');
    await vi.waitUntil(() => written.length === 1);
    expect(written[0]?.audit?.target).toHaveLength(300);
    expect(written[0]?.reason).toHaveLength(1000);
  });
});

describe('every change but those of the state machine leaves a record', () => {
  let node: FakeNode;
  let control: ControlServer;
  const records: HistoryEvent[] = [];
  beforeEach(async () => {
    node = new FakeNode();
    records.length = 0;
    node.recordAudit = async (event) => void records.push(event);
    control = await ControlServer.start(node);
  });
  afterEach(() => control.stop());

  async function stream(call: AsyncIterable<unknown>): Promise<void> {
    for await (const _ of call);
  }

  test('with its target', async () => {
    const members = control.client(MemberServiceClient);
    const refuse = () => {
      throw new RaftctlError('E_REFUSED', 'not now');
    };
    Object.assign(node, { abortChange: refuse, updateMember: refuse, transferLeader: refuse, saveSnapshot: refuse });
    const sets = { voters: { ids: [1, 2] }, learners: { ids: [] } };
    const request = ChangeMembersRequest.fromPartial({ ...sets, reason: 'why', requestId: 'r7' });
    await stream(members.changeMembers(request));
    await stream(members.changeMembers({ ...request, dryRun: true }));
    await failure(unary(members, MemberServiceService.abortChange, { id: 'c1', reason: 'no', by: '' }));
    await unary(members, MemberServiceService.leaveJoint, { changeId: '', requestId: 'r8' });
    const update = UpdateMemberRequest.fromPartial({ id: 2, name: 'x', by: 'z' });
    await failure(unary(members, MemberServiceService.updateMember, update));
    const leader = control.client(LeaderServiceClient);
    await failure(unary(leader, LeaderServiceService.transferLeader, { target: 3, maxLag: undefined }));
    await unary(leader, LeaderServiceService.stepDown, { cooldownMs: 0 });
    const nodes = control.client(NodeServiceClient);
    await unary(nodes, NodeServiceService.drain, { nodeId: 1 });
    await unary(nodes, NodeServiceService.undrain, { nodeId: 1 });
    await unary(nodes, NodeServiceService.setElections, { nodeId: 1, paused: true });
    const snapshots = control.client(SnapshotServiceClient);
    await unary(snapshots, SnapshotServiceService.triggerSnapshot, { keepEntries: 0 });
    await stream(snapshots.saveSnapshot({ stale: true, reason: 'backup' })).catch(() => {});
    const member = { id: 1, name: 'n1', address: '127.0.0.1:1', addedIndex: 0 };
    const spec = { clusterId: 'ab'.repeat(16), name: '', members: [member], voters: [1], learners: [] };
    await unary(control.client(ClusterServiceClient), ClusterServiceService.bootstrap, { spec, nodeId: 1 });
    await vi.waitUntil(() => records.length === 12);
    expect(records[0]).toMatchObject({ by: 'anybody', reason: 'why', audit: { requestId: 'r7', role: 'breakglass' } });
    expect(records.map(({ cause, audit }) => [cause, audit?.target, audit?.result])).toEqual([
      ['member change', 'voters 1,2 learners none', 'ok'],
      ['member change abort', 'change c1', 'E_REFUSED'],
      ['member change leave', 'the change that runs', 'ok'],
      ['member update', 'node 2', 'E_REFUSED'],
      ['leader transfer', 'to node 3', 'E_REFUSED'],
      ['leader step-down', 'node 1', 'ok'],
      ['node drain', 'node 1', 'ok'],
      ['node undrain', 'node 1', 'ok'],
      ['node election pause', 'node 1', 'ok'],
      ['snapshot trigger', 'node 1', 'ok'],
      ['snapshot save', 'node 1', 'E_REFUSED'],
      ['cluster bootstrap', `node 1 of cluster ${'ab'.repeat(16)}`, 'ok'],
    ]);
  });

  test.each([
    [ChangePhase.DONE, 'ok'],
    [ChangePhase.FAILED, 'E_CHANGE_FAILED'],
    [ChangePhase.ABORTED, 'E_ABORTED'],
  ])('and of a change its end, not that of the call: %i is %s', async (phase, result) => {
    node.changeMembers = async function* () {
      yield ChangeMembersResponse.fromPartial({ phase: ChangePhase.PLANNED });
      yield ChangeMembersResponse.fromPartial({ phase });
    };
    const request = ChangeMembersRequest.fromPartial({ voters: { ids: [1, 2] } });
    await stream(control.client(MemberServiceClient).changeMembers(request));
    await vi.waitUntil(() => records.length === 1);
    expect(records[0]?.audit?.result).toBe(result);
  });
});
