import { type ClientDuplexStream, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Deferred, deferred } from '../../src/base/deferred.js';
import { RaftctlError } from '../../src/base/errors.js';
import { defaultCallLimits } from '../../src/control/call-runner.js';
import { outstandingMax } from '../../src/control/propose-stream.js';
import {
  CommandKind,
  ProposalServiceClient,
  type ProposeStreamRequest,
  type ProposeStreamResponse,
} from '../../src/gen/raftctl/v1/proposal.js';
import type { ProposalResult } from '../../src/node/node-api.js';
import { ControlServer } from './control-server.js';
import { FakeNode } from './fake-node.js';

type Stream = ClientDuplexStream<ProposeStreamRequest, ProposeStreamResponse>;

let node: FakeNode;
let control: ControlServer;
let stream: Stream;
/** What the node was asked, in order: a test answers when it likes. */
let asked: Deferred<ProposalResult>[];
let answers: ProposeStreamResponse[];

beforeEach(async () => {
  node = new FakeNode();
  asked = [];
  answers = [];
  node.propose = () => {
    const answer = deferred<ProposalResult>();
    asked.push(answer);
    return answer.promise;
  };
  control = await ControlServer.start(node);
  stream = openStream();
});
afterEach(() => control.stop());

function openStream(): Stream {
  const opened = control.client(ProposalServiceClient).proposeStream();
  opened.on('error', () => {});
  return opened;
}

const proposal = (tag: number, payload = new Uint8Array([tag % 256])): ProposeStreamRequest => ({
  tag,
  kind: CommandKind.RAW,
  payload,
  session: undefined,
});
const applied = (index: number): ProposalResult => ({ index, term: 1, result: new Uint8Array(), duplicate: false });
const until = (condition: () => boolean) => vi.waitUntil(condition, { interval: 2, timeout: 20_000 });
const ended = () =>
  new Promise<number>((resolve) => {
    stream.on('end', () => resolve(status.OK));
    stream.on('error', (error) => resolve('code' in error ? Number(error.code) : -1));
  });

test('proposals are handed over without waiting, and answered by tag as they end', async () => {
  stream.on('data', (answer) => answers.push(answer));
  const end = ended();
  for (const tag of [7, 8, 9]) stream.write(proposal(tag));
  await until(() => asked.length === 3);
  asked[2]?.resolve(applied(12));
  await until(() => answers.length === 1);
  asked[0]?.resolve(applied(10));
  const leaderHint = { id: 2, address: 'b:1', term: 3 };
  asked[1]?.reject(new RaftctlError('E_OUTCOME_UNKNOWN', 'n1 lost the lead', { changed: 'unknown', leaderHint }));
  stream.end();
  expect(await end).toBe(status.OK);
  expect(answers.map(({ tag, outcome }) => [tag, outcome?.$case])).toEqual([
    [9, 'ok'],
    [7, 'ok'],
    [8, 'failed'],
  ]);
  expect(answers[2]?.outcome?.value).toEqual({
    code: 'E_OUTCOME_UNKNOWN',
    message: 'n1 lost the lead',
    retryable: false,
    outcomeUnknown: true,
    leaderId: 2,
    leaderAddress: 'b:1',
  });
});

test('a proposal of the wrong shape fails alone', async () => {
  stream.on('data', (answer) => answers.push(answer));
  stream.write({ ...proposal(1), kind: CommandKind.UNSPECIFIED });
  stream.write(proposal(2));
  await until(() => asked.length === 1);
  asked[0]?.resolve(applied(4));
  await until(() => answers.length === 2);
  expect(answers.map(({ tag, outcome }) => [tag, outcome?.$case])).toEqual([
    [1, 'failed'],
    [2, 'ok'],
  ]);
  stream.end();
});

test('no more are read while the most that may wait do, and all are answered in the end', async () => {
  const count = outstandingMax * 3;
  stream.on('data', (answer) => answers.push(answer));
  const end = ended();
  for (let tag = 1; tag <= count; tag++) stream.write(proposal(tag));
  stream.end();
  await until(() => asked.length === outstandingMax);
  let answered = 0;
  let most = 0;
  while (answered < count) {
    await until(() => asked.length > answered);
    most = Math.max(most, asked.length - answered);
    asked[answered]?.resolve(applied(answered + 1));
    answered++;
  }
  expect(await end).toBe(status.OK);
  // One more may have been on its way through the stream when reading stopped.
  expect(most).toBeLessThanOrEqual(outstandingMax + 1);
  expect(answers.map(({ tag }) => tag)).toEqual(Array.from({ length: count }, (_, at) => at + 1));
});

test('no more are read from a caller that takes no answers', async () => {
  const result = new Uint8Array(64 * 1024);
  let proposed = 0;
  node.propose = async () => {
    proposed++;
    return { ...applied(proposed), result };
  };
  const end = ended();
  // A grpc-js client that has never read takes everything; one that has read once stops the other side.
  stream.once('data', () => stream.pause());
  const count = 20_000;
  for (let tag = 1; tag <= count; tag++) stream.write(proposal(tag));
  let before = -1;
  await vi.waitUntil(
    () => {
      const still = proposed > 0 && proposed === before;
      before = proposed;
      return still;
    },
    { interval: 200, timeout: 20_000 },
  );
  expect(proposed).toBeLessThan(outstandingMax + 500);
  stream.cancel();
  expect(await end).toBe(status.CANCELLED);
});

test('the proposals of a caller that went away are told so', async () => {
  const signals: AbortSignal[] = [];
  node.propose = (_, options) => {
    if (options?.signal) signals.push(options.signal);
    return new Promise(() => {});
  };
  const end = ended();
  stream.write(proposal(1));
  await until(() => signals.length === 1);
  stream.cancel();
  expect(await end).toBe(status.CANCELLED);
  await until(() => signals[0]?.aborted === true);
  expect(signals[0]?.reason).toMatchObject({ code: 'E_OUTCOME_UNKNOWN' });
});

test('a proposal without an outcome is answered with E_OUTCOME_UNKNOWN at its deadline', async () => {
  control.stop();
  control = await ControlServer.start(node, { limits: { ...defaultCallLimits, unaryDefaultMs: 10, unaryMaxMs: 10 } });
  stream = openStream();
  stream.on('data', (answer) => answers.push(answer));
  stream.write(proposal(1));
  await until(() => answers.length === 1);
  expect(answers[0]?.outcome?.value).toMatchObject({ code: 'E_OUTCOME_UNKNOWN', outcomeUnknown: true });
  stream.end();
});

test('bytes that are no proposal end the stream: nobody knows whose tag they would be', async () => {
  const end = ended();
  const client = control.client(ProposalServiceClient);
  const raw = client.makeBidiStreamRequest(
    '/raftctl.v1.ProposalService/ProposeStream',
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes,
  );
  const error = new Promise<{ code: number }>((resolve) => raw.on('error', resolve as () => void));
  raw.write(Buffer.from([0xff, 0xff]));
  expect((await error).code).toBe(status.INVALID_ARGUMENT);
  stream.resume();
  stream.end();
  expect(await end).toBe(status.OK);
});
