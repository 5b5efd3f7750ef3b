import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { deferred } from '../../src/base/deferred.js';
import { RaftctlError } from '../../src/base/errors.js';
import { defaultCallLimits } from '../../src/control/call-runner.js';
import { ClusterServiceClient, ClusterServiceService } from '../../src/gen/raftctl/v1/cluster.js';
import { Changed } from '../../src/gen/raftctl/v1/errors.js';
import {
  CommandKind,
  type Consistency,
  ProposalServiceClient,
  ProposalServiceService,
} from '../../src/gen/raftctl/v1/proposal.js';
import type { CallOptions } from '../../src/node/node-api.js';
import { ControlServer, failure, unary } from './control-server.js';
import { FakeNode } from './fake-node.js';

const { propose, query } = ProposalServiceService;
const proposal = { kind: CommandKind.RAW, payload: new Uint8Array([1]), session: undefined };

let node: FakeNode;
let control: ControlServer;
afterEach(() => control.stop());

async function start(limits = defaultCallLimits) {
  node = new FakeNode();
  control = await ControlServer.start(node, { limits });
}

/** A propose that says when it was called and never ends by itself. */
function neverEnding(): Promise<AbortSignal> {
  const called = deferred<AbortSignal>();
  node.propose = (_, options?: CallOptions) => {
    if (options?.signal) called.resolve(options.signal);
    return new Promise(() => {});
  };
  return called.promise;
}

describe('a call that the node refuses', () => {
  beforeEach(() => start());

  test('ends with the status of its code, the sentence, and the detail with the leader', async () => {
    const { error, detail } = await failure(unary(control.client(ProposalServiceClient), propose, proposal));
    expect(error.code).toBe(status.UNAVAILABLE);
    expect(error.details).toBe('n1 is not the leader');
    expect(detail).toMatchObject({
      code: 'E_NOT_LEADER',
      changed: Changed.NO,
      retryable: true,
      leaderHint: { id: 2, address: '10.0.0.2:7400', term: 7 },
    });
  });

  test('ends with E_INTERNAL and no inside knowledge where the fault is the program, thrown at once or later', async () => {
    const client = control.client(ProposalServiceClient);
    for (const broken of [
      () => Promise.reject(new TypeError('the secret')),
      () => {
        throw new TypeError('the secret');
      },
    ]) {
      node.propose = broken;
      const { error, detail } = await failure(unary(client, propose, proposal));
      expect(error.code).toBe(status.INTERNAL);
      expect(error.message).not.toContain('secret');
      expect(detail).toMatchObject({ code: 'E_INTERNAL', changed: Changed.UNKNOWN });
    }
    expect(control.logger.errors).toHaveLength(2);
  });

  test('names the first field that is wrong', async () => {
    const client = control.client(ProposalServiceClient);
    const unnamed = await failure(unary(client, propose, { ...proposal, kind: CommandKind.UNSPECIFIED }));
    expect(unnamed.error).toMatchObject({ code: status.INVALID_ARGUMENT, details: 'kind: must be RAW or MACHINE' });
    const session = { clientId: 'x'.repeat(65), sequence: 1, lowestPending: 1 };
    const long = await failure(unary(client, propose, { ...proposal, session }));
    expect(long.error.details).toBe('session.client_id: must be 1 to 64 bytes, and is 65');
    const unknown = await failure(unary(client, query, { query: new Uint8Array(), consistency: 9 as Consistency }));
    expect(unknown.error.details).toBe('consistency: has no value 9');
  });

  test.each([
    ['bytes that are no message', Buffer.from([0xff, 0xff, 0xff])],
    ['a number above 2^53', Buffer.from('1a0b10ffffffffffffffffff01', 'hex')],
  ])('is INVALID_ARGUMENT for %s', async (_, bytes) => {
    const client = new Client(`127.0.0.1:${control.port}`, credentials.createInsecure());
    const raw = { ...propose, requestSerialize: (value: Buffer) => value };
    const { error, detail } = await failure(unary(client, raw, bytes));
    client.close();
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(detail?.message).toContain('the request cannot be decoded');
  });
});

describe('a call that takes too long', () => {
  test('ends at the default deadline when the caller names none, and says that the outcome is not known', async () => {
    await start({ ...defaultCallLimits, unaryDefaultMs: 20, unaryMaxMs: 60_000, streamStallMs: 60_000 });
    const called = neverEnding();
    const client = control.client(ProposalServiceClient);
    const { error, detail } = await failure(unary(client, propose, proposal, Number.POSITIVE_INFINITY));
    expect(error.code).toBe(status.DEADLINE_EXCEEDED);
    expect(detail).toMatchObject({ code: 'E_OUTCOME_UNKNOWN', changed: Changed.UNKNOWN });
    expect((await called).aborted).toBe(true);
  });

  test('ends at the node’s limit when the caller names more; a read changed nothing', async () => {
    await start({ ...defaultCallLimits, unaryDefaultMs: 10_000, unaryMaxMs: 20, streamStallMs: 60_000 });
    node.query = () => new Promise(() => {});
    const client = control.client(ProposalServiceClient);
    const { detail } = await failure(unary(client, query, { query: new Uint8Array(), consistency: 0 }));
    expect(detail).toMatchObject({
      code: 'E_CONN_TIMEOUT',
      message: 'no answer within 20 ms',
      changed: Changed.NO,
      retryable: true,
    });
  });

  test('leaves the last word to the node', async () => {
    await start({ ...defaultCallLimits, unaryDefaultMs: 20, unaryMaxMs: 60_000, streamStallMs: 60_000 });
    node.propose = (_, options) =>
      new Promise((_resolve, reject) => {
        const refusal = new RaftctlError('E_NO_QUORUM', '1 of 3 voters is reachable');
        options?.signal?.addEventListener('abort', () => reject(refusal));
      });
    const client = control.client(ProposalServiceClient);
    const { detail } = await failure(unary(client, propose, proposal, Number.POSITIVE_INFINITY));
    expect(detail?.code).toBe('E_NO_QUORUM');
  });
});

describe('a caller that goes away', () => {
  beforeEach(() => start());

  test('aborts the signal of its call', async () => {
    const called = neverEnding();
    const gone = deferred<number>();
    const client = control.client(ProposalServiceClient);
    const call = client.propose(proposal, new Metadata(), (error) => gone.resolve(error?.code ?? status.OK));
    const signal = await called;
    expect(signal.aborted).toBe(false);
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    call.cancel();
    await aborted;
    expect(signal.reason).toMatchObject({ code: 'E_OUTCOME_UNKNOWN', changed: 'unknown' });
    expect(await gone.promise).toBe(status.CANCELLED);
  });

  test('is not confused with one that has its answer', async () => {
    const signals: AbortSignal[] = [];
    node.propose = async (_, options) => {
      if (options?.signal) signals.push(options.signal);
      return { index: 1, term: 1, result: new Uint8Array(), duplicate: false };
    };
    await unary(control.client(ProposalServiceClient), propose, proposal);
    await control.tryShutdown();
    expect(signals).toHaveLength(1);
    expect(signals[0]?.aborted).toBe(false);
  });
});

describe('a node that stops', () => {
  beforeEach(() => start());

  test('refuses new calls, lets those that run end, and ends the streams', async () => {
    const release = deferred<void>();
    const called = deferred<void>();
    node.propose = async () => {
      called.resolve();
      await release.promise;
      return { index: 5, term: 1, result: new Uint8Array(), duplicate: false };
    };
    const client = control.client(ProposalServiceClient);
    const running = unary(client, propose, proposal);
    await called.promise;
    const watch = control.client(ClusterServiceClient).watchStatus({});
    const watchError = new Promise<{ code: status }>((resolve) => watch.once('error', resolve as () => void));
    await new Promise((resolve) => watch.once('data', resolve));

    control.services.refuseCalls();
    const { detail } = await failure(unary(control.client(ClusterServiceClient), ClusterServiceService.getStatus, {}));
    expect(detail).toMatchObject({ code: 'E_STOPPED', retryable: true });
    release.resolve();
    expect(await running).toMatchObject({ index: 5 });

    control.services.endStreams();
    expect((await watchError).code).toBe(status.UNAVAILABLE);
    await control.tryShutdown();
    await vi.waitUntil(() => node.listeners === 0);
  });
});
