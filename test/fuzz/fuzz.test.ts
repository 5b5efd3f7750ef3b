import { status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { ErrorDetail } from '../../src/gen/raftctl/v1/errors.js';
import { replayOf } from './command.js';
import { doors } from './doors.js';
import { Budget, FuzzFailure } from './fuzzing.js';
import { judge } from './judgement.js';
import type { WireEnd } from './wire-client.js';

const detailOf = (code: string) => ErrorDetail.fromPartial({ code });

/** Of each door in one run of the tests, the same each time; `npm run fuzz` goes elsewhere, for as long as it is told to. */
const seconds = 1;
const seed = 1;

test.each(Object.entries(doors))(
  '%s answers whatever comes with an error of its own, and goes on',
  async (name, door) => {
    const report = await door(seed, new Budget(seconds)).catch((thrown: unknown) => {
      if (thrown instanceof FuzzFailure) throw new Error(`${thrown.message}\nagain: ${replayOf(name, thrown)}`);
      throw thrown;
    });
    expect(report.inputs).toBeGreaterThan(0);
  },
);

test.each<[string, Partial<WireEnd>, RegExp]>([
  ['a call that the server has not ended', { hung: true }, /never ended/],
  [
    'an error that is none of ours',
    { grpcStatus: status.UNKNOWN, grpcMessage: 'x is not a function' },
    /without a code/,
  ],
  ['a defect', { grpcStatus: status.INTERNAL, detail: detailOf('E_INTERNAL') }, /a defect/],
  ['a code that there is not', { grpcStatus: status.INTERNAL, detail: detailOf('E_NEW') }, /there is no code/],
  ['a code with the status of another one', { grpcStatus: status.OK + 1, detail: detailOf('E_USAGE') }, /E_USAGE as/],
])('%s is a failure', (_, end, reason) => {
  const ended = {
    httpStatus: 200,
    grpcStatus: undefined,
    grpcMessage: '',
    detail: undefined,
    answerBytes: 0,
    hung: false,
  };
  const outcome = judge('/raftctl.v1.KvService/Get', { ...ended, ...end });
  expect(outcome).toMatch(/^BAD /);
  expect(outcome).toMatch(reason);
});

test('every input comes from a seed of its own', () => {
  expect([...new Budget(60, 3).seeds(7)]).toEqual([7, 8, 9]);
  expect([...new Budget(0).seeds(7)]).toEqual([7]);
});

test('a failure says how it is played again', () => {
  expect(replayOf('control', new FuzzFailure('', 7, 2))).toBe('npm run fuzz -- --door control --seed 7 --inputs 2');
});
