import { describe, expect, test } from 'vitest';
import { RaftctlError } from '../../src/base/errors.js';
import { toVerifyData, verifyError, verifyText } from '../../src/cli/verify-data.js';
import { GetStateHashResponse, StateHashPhase } from '../../src/gen/raftctl/v1/cluster.js';

const done = (nodeId: number, hash: string) =>
  GetStateHashResponse.fromPartial({ nodeId, hash, phase: StateHashPhase.DONE, records: 3, bytes: 2048 });
const waiting = GetStateHashResponse.fromPartial({ nodeId: 3, phase: StateHashPhase.WAITING, appliedIndex: 40 });
const away = new RaftctlError('E_CONN_REFUSED', '10.0.0.3:7400 refused the connection');
const compare = (leader: number, ...answers: (GetStateHashResponse | RaftctlError)[]) =>
  toVerifyData(50, leader, new Map(answers.map((answer, at) => [at + 1, answer])));

describe('comparing the states of nodes', () => {
  test('is well where all have the same', async () => {
    const data = compare(1, done(1, 'aa'), done(2, 'aa'), done(3, 'aa'));
    expect(verifyError(data)).toBeUndefined();
    expect(await verifyText(data, { headers: true, width: undefined })).toMatch(
      /^index 50 {3}3 of 3 nodes have the same state\n\nID .*\n1 {3}same {3}3 {5}2\.0 KiB {2}aa$/m,
    );
  });

  test('names the one that differs, though another was not compared', () => {
    const data = compare(2, done(1, 'aa'), done(2, 'bb'), away, done(4, 'aa'));
    expect(data.nodes.map(({ ok }) => ok)).toEqual([true, false, null, true]);
    expect(verifyError(data)).toMatchObject({
      code: 'E_DIVERGED',
      exitCode: 14,
      message: 'the state of node 2 differs from that of node 1,4 behind index 50',
    });
  });

  test('takes the leader’s for right where as many have one as the other', () => {
    expect(compare(2, done(1, 'aa'), done(2, 'bb')).nodes.map(({ ok }) => ok)).toEqual([false, true]);
  });

  test('says who was not compared, and why', () => {
    for (const [answer, reason] of [
      [waiting, 'has applied up to 40, not to 50 yet'],
      [away, '10.0.0.3:7400 refused the connection'],
    ] as const) {
      const data = compare(1, done(1, 'aa'), done(2, 'aa'), answer);
      expect(data.nodes[2]).toMatchObject({ hash: null, ok: null, skippedReason: reason });
      expect(verifyError(data)).toMatchObject({ code: 'E_PARTIAL', exitCode: 12 });
    }
  });
});
