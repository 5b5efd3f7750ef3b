import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.js';
import { RaftctlError } from '../../src/base/errors.js';
import { LeaderServiceClient, LeaderServiceService } from '../../src/gen/raftctl/v1/leader.js';
import { NodeServiceClient, NodeServiceService } from '../../src/gen/raftctl/v1/node.js';
import { ControlServer, detailOf, failure, unary } from './control-server.js';
import { FakeNode } from './fake-node.js';

let node: FakeNode;
let control: ControlServer;
let client: NodeServiceClient;
beforeEach(async () => {
  node = new FakeNode();
  control = await ControlServer.start(node);
  client = control.client(NodeServiceClient);
});
afterEach(() => control.stop());

describe('the settings of a node', () => {
  test('are changed by calls to that node', async () => {
    const asked: unknown[] = [];
    node.setElections = async (paused) => {
      asked.push(paused);
      return { unchanged: paused, leader: 3 };
    };
    expect(await unary(client, NodeServiceService.drain, { nodeId: 1 })).toEqual({
      leader: 2,
      elapsedMs: 5,
      unchanged: false,
    });
    expect(await unary(client, NodeServiceService.undrain, { nodeId: 1 })).toEqual({ unchanged: false });
    expect(await unary(client, NodeServiceService.setElections, { nodeId: 1, paused: true })).toEqual({
      unchanged: true,
      leader: 3,
    });
    await unary(client, NodeServiceService.setElections, { nodeId: 1, paused: false });
    expect(asked).toEqual([true, false]);
  });

  test('are not changed where another node answers than the one that is meant', async () => {
    let asked = 0;
    const count = async () => {
      asked++;
      return { unchanged: false, leader: 1, elapsedMs: 0 };
    };
    Object.assign(node, { drain: count, undrain: count, setElections: count });
    const calls = [
      unary(client, NodeServiceService.drain, { nodeId: 2 }),
      unary(client, NodeServiceService.undrain, { nodeId: 2 }),
      unary(client, NodeServiceService.setElections, { nodeId: 0, paused: true }),
    ];
    for (const call of calls) {
      const { error } = await failure(call);
      expect(error.code).toBe(status.FAILED_PRECONDITION);
      expect(detailOf(error)).toMatchObject({ code: 'E_WRONG_NODE', hint: 'raftctl member list' });
    }
    expect(asked).toBe(0);
  });

  test('say why where nobody takes over, with a fact a voter', async () => {
    node.drain = async () => {
      throw new RaftctlError('E_REFUSED', 'there is no other voter that node 1 could hand over to: it leads on', {
        facts: ['node 2 does not want to lead', 'node 3 is not connected: cut'],
      });
    };
    const { error } = await failure(unary(client, NodeServiceService.drain, { nodeId: 1 }));
    expect(detailOf(error)).toMatchObject({
      code: 'E_REFUSED',
      facts: ['node 2 does not want to lead', 'node 3 is not connected: cut'],
    });
  });

  test('end for a caller that does not wait to the end, and the node is told that it has gone', async () => {
    const gone = deferred<unknown>();
    let called = false;
    node.drain = (options) => {
      called = true;
      return new Promise((_, reject) => {
        options?.signal?.addEventListener('abort', () => {
          gone.resolve(options.signal?.reason);
          reject(new RaftctlError('E_PENDING', 'calls still run on it', { changed: 'yes' }));
        });
      });
    };
    // On a busy machine the deadline may pass before the call has come to the node.
    while (!called) {
      const { error } = await failure(unary(client, NodeServiceService.drain, { nodeId: 1 }, 50));
      expect(error.code).toBe(status.DEADLINE_EXCEEDED);
    }
    expect(await gone.promise).toMatchObject({ code: 'E_OUTCOME_UNKNOWN' });
  });
});

test('a leader that steps down is told for how long it is not to campaign', async () => {
  const given: unknown[] = [];
  node.stepDown = async (...args: unknown[]) => {
    given.push(args[0]);
    return { from: 1, to: 2, term: 8, elapsedMs: 12, unchanged: false };
  };
  const leader = control.client(LeaderServiceClient);
  await unary(leader, LeaderServiceService.stepDown, { cooldownMs: 30_000 });
  await unary(leader, LeaderServiceService.stepDown, {});
  expect(given).toEqual([30_000, 0]);
});

test('a transfer to a node that declines is refused with a code of its own', async () => {
  node.transferLeader = async () => {
    throw new RaftctlError('E_TARGET_DECLINES', 'node 3 does not want to lead');
  };
  const call = unary(control.client(LeaderServiceClient), LeaderServiceService.transferLeader, { target: 3 });
  const { error } = await failure(call);
  expect(error.code).toBe(status.FAILED_PRECONDITION);
  expect(detailOf(error)).toMatchObject({ code: 'E_TARGET_DECLINES' });
});
