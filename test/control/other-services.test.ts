import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.js';
import { RaftctlError } from '../../src/base/errors.js';
import { LeaderServiceClient, LeaderServiceService } from '../../src/gen/raftctl/v1/leader.js';
import {
  AnnounceRequest,
  ChangeMembersRequest,
  ChangeMembersResponse,
  ChangePhase,
  MemberServiceClient,
  MemberServiceService,
} from '../../src/gen/raftctl/v1/member.js';
import {
  RegisterCommand,
  RegisterResult,
  RegisterServiceClient,
  RegisterServiceService,
  RegisterValue,
} from '../../src/gen/raftctl/v1/register.js';
import { SnapshotServiceClient, SnapshotServiceService } from '../../src/gen/raftctl/v1/snapshot.js';
import { ControlServer, detailOf, failure, unary } from './control-server.js';
import { FakeNode } from './fake-node.js';

let node: FakeNode;
let control: ControlServer;
beforeEach(async () => {
  node = new FakeNode();
  control = await ControlServer.start(node);
});
afterEach(() => control.stop());

describe('members', () => {
  const change = (partial: Partial<ChangeMembersRequest>) => {
    const events: ChangeMembersResponse[] = [];
    const stream = control.client(MemberServiceClient).changeMembers(ChangeMembersRequest.fromPartial(partial));
    stream.on('data', (event) => events.push(event));
    const end = new Promise<ChangeMembersResponse[]>((resolve, reject) => {
      stream.on('end', () => resolve(events));
      stream.on('error', reject);
    });
    return { stream, end, events };
  };

  test('are listed with the cluster they belong to', async () => {
    const response = await unary(control.client(MemberServiceClient), MemberServiceService.listMembers, {});
    expect(response).toMatchObject({ clusterId: 'c1', configIndex: 1, confState: { voters: [1, 2, 3] } });
  });

  test('are changed in events, and an error after some of them keeps its detail', async () => {
    node.changeMembers = async function* () {
      yield ChangeMembersResponse.fromPartial({ changeId: 'x', phase: ChangePhase.PLANNED });
      yield ChangeMembersResponse.fromPartial({ changeId: 'x', phase: ChangePhase.JOINT });
      throw new RaftctlError('E_OUTCOME_UNKNOWN', 'n1 is no longer the leader', { changed: 'unknown' });
    };
    const { end, events } = change({ voters: { ids: [1, 3] } });
    const error = await end.then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(events.map(({ phase }) => phase)).toEqual([ChangePhase.PLANNED, ChangePhase.JOINT]);
    expect(detailOf(error)).toMatchObject({ code: 'E_OUTCOME_UNKNOWN', message: 'n1 is no longer the leader' });
  });

  test('the iteration of a change is given up, and no more, when the caller goes away', async () => {
    const returned = deferred<void>();
    const waiting = deferred<void>();
    const ready = deferred<ChangeMembersResponse>();
    node.changeMembers = async function* (_, options) {
      try {
        options?.signal?.addEventListener('abort', () => ready.resolve(ChangeMembersResponse.fromPartial({})));
        waiting.resolve();
        yield await ready.promise;
      } finally {
        returned.resolve();
      }
    };
    const { stream, end } = change({ learners: { ids: [4] } });
    await waiting.promise;
    stream.cancel();
    await expect(end).rejects.toMatchObject({ code: status.CANCELLED });
    await returned.promise;
  });

  test.each<[Partial<ChangeMembersRequest>, RegExp]>([
    [{}, /^voters: /],
    [{ voters: { ids: [] } }, /^voters: must name a node/],
    [{ voters: { ids: [0] } }, /^voters and learners: must be the id/],
    [{ voters: { ids: [1, 2] }, learners: { ids: [2] } }, /^voters and learners: must not name an id twice/],
    [{ peers: [{ id: 4, name: '', address: 'x', addedIndex: 0 }] }, /^peers.address: /],
    [{ voters: { ids: [1] }, requestId: 'x'.repeat(65) }, /^request_id: must be at most 64 bytes/],
  ])('a change like %j is refused', async (partial, sentence) => {
    await expect(change(partial).end).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringMatching(sentence),
    });
  });

  test('announce themselves', async () => {
    const client = control.client(MemberServiceClient);
    const instance = '0123456789abcdef0123456789abcdef';
    const member = { id: 4, name: 'n4', address: '10.0.0.4:7400', addedIndex: 0, instance };
    const announcement = AnnounceRequest.fromPartial({ member, version: '1', incarnation: 1, diskFreeBytes: 1e9 });
    const seen: unknown[] = [];
    node.announce = (announced) => {
      seen.push(announced);
      return { clusterId: 'c1', isMember: false };
    };
    expect(await unary(client, MemberServiceService.announce, announcement)).toEqual({
      clusterId: 'c1',
      isMember: false,
    });
    expect(seen).toEqual([announcement]);
    const refused = async (wrong: Partial<AnnounceRequest>) =>
      (await failure(unary(client, MemberServiceService.announce, { ...announcement, ...wrong }))).error.details;
    expect(await refused({ member: undefined })).toBe('member: must be given');
    expect(await refused({ member: { ...member, instance: 'n4' } })).toContain('member.instance: must be 32');
  });
});

describe('leadership', () => {
  test('is transferred to the one that is named, with the lag that is allowed', async () => {
    const result = { from: 1, to: 3, term: 9, elapsedMs: 40, unchanged: false };
    const seen: unknown[] = [];
    node.transferLeader = async (...given) => {
      seen.push(given.slice(0, 2));
      return result;
    };
    const client = control.client(LeaderServiceClient);
    expect(await unary(client, LeaderServiceService.transferLeader, { target: 3, maxLag: 0 })).toEqual(result);
    await unary(client, LeaderServiceService.transferLeader, { target: 0, maxLag: undefined });
    expect(seen).toEqual([
      [3, 0],
      [0, undefined],
    ]);
  });

  test('is given up', async () => {
    expect(await unary(control.client(LeaderServiceClient), LeaderServiceService.stepDown, {})).toEqual({
      from: 1,
      to: 2,
      term: 8,
      elapsedMs: 12,
    });
  });
});

test('a snapshot is taken, and listed', async () => {
  const client = control.client(SnapshotServiceClient);
  const taken = await unary(client, SnapshotServiceService.triggerSnapshot, { keepEntries: 10 });
  expect(taken).toMatchObject({ nodeId: 1, snapshot: { index: 40, checksum: 77 }, logFirst: 31 });
  const listed = await unary(client, SnapshotServiceService.listSnapshots, {});
  expect(listed.snapshots.map(({ index }) => index)).toEqual([40]);
});

describe('the register', () => {
  beforeEach(() => {
    node.stateMachine = 'register';
  });

  test('is written and read', async () => {
    const client = control.client(RegisterServiceClient);
    const prev = { value: Buffer.from('old'), version: 1, modifiedIndex: 3 };
    const commands: RegisterCommand[] = [];
    node.propose = async ({ payload }) => {
      commands.push(RegisterCommand.decode(payload));
      const result = RegisterResult.encode({ applied: true, prev, version: 2 }).finish();
      return { index: 8, term: 1, result, duplicate: false };
    };
    node.query = async () => ({ result: RegisterValue.encode(prev).finish(), index: 7 });

    const value = Buffer.from([0, 255]);
    const written = await unary(client, RegisterServiceService.write, { value, session: undefined });
    expect(written).toMatchObject({ index: 8, version: 2, prev: { version: 1 } });
    const expectation = { condition: { $case: 'version' as const, value: 0 } };
    const request = { value, expect: expectation, session: undefined };
    expect(await unary(client, RegisterServiceService.compareAndWrite, request)).toMatchObject({ swapped: true });
    expect(commands.map(({ expect: wanted }) => wanted)).toEqual([undefined, expectation]);
    const read = await unary(client, RegisterServiceService.read, { consistency: 0 });
    expect(read.value && Buffer.from(read.value.value).toString()).toBe('old');
  });

  test('is refused where the cluster runs another machine, and a condition is asked for', async () => {
    const client = control.client(RegisterServiceClient);
    const request = { value: Buffer.of(1), expect: undefined, session: undefined };
    const without = await failure(unary(client, RegisterServiceService.compareAndWrite, request));
    expect(without.error.details).toBe('expect: must say version or value');
    node.stateMachine = 'kv';
    const { detail } = await failure(unary(client, RegisterServiceService.read, { consistency: 0 }));
    expect(detail?.code).toBe('E_WRONG_STATE_MACHINE');
  });
});
