import { status } from '@grpc/grpc-js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ErrorCode, ExitCode, errorCodes } from '../../src/base/error-codes.js';
import { RaftctlError } from '../../src/base/errors.js';
import { callerError, errorDetailKey, errorTextBytesMax, toStatus } from '../../src/control/error-status.js';
import { Changed, ErrorDetail } from '../../src/gen/raftctl/v1/errors.js';
import { RecordingLogger } from './control-server.js';

const codes = Object.keys(errorCodes) as ErrorCode[];

function sent(error: RaftctlError): { code: status; details: string; detail: ErrorDetail } {
  const { code, details, metadata } = toStatus(error);
  const [bytes] = metadata?.get(errorDetailKey) ?? [];
  if (code === undefined || details === undefined || !(bytes instanceof Buffer)) throw new Error('incomplete status');
  return { code, details, detail: ErrorDetail.decode(bytes) };
}

describe('an error on the wire', () => {
  test('carries all that the error says', () => {
    const { code, details, detail } = sent(
      new RaftctlError('E_NOT_LEADER', 'n1 is not the leader', {
        facts: ['leader: n2'],
        changed: 'unknown',
        retryable: true,
        leaderHint: { id: 2, address: 'b:1', term: 9 },
        hint: 'raftctl status',
      }),
    );
    expect(code).toBe(status.UNAVAILABLE);
    expect(details).toBe('n1 is not the leader');
    expect(detail).toEqual({
      code: 'E_NOT_LEADER',
      message: 'n1 is not the leader',
      facts: ['leader: n2'],
      changed: Changed.UNKNOWN,
      retryable: true,
      leaderHint: { id: 2, address: 'b:1', term: 9 },
      hint: 'raftctl status',
    });
  });

  test.each(codes)('%s has a status that fits its exit code', (code) => {
    const exitsOf: Partial<Record<status, number[]>> = {
      [status.INVALID_ARGUMENT]: [ExitCode.usage],
      [status.PERMISSION_DENIED]: [ExitCode.auth],
      [status.NOT_FOUND]: [ExitCode.error],
      [status.INTERNAL]: [ExitCode.error],
      [status.RESOURCE_EXHAUSTED]: [ExitCode.error],
      [status.DATA_LOSS]: [ExitCode.integrity],
      [status.ALREADY_EXISTS]: [ExitCode.conflict],
      [status.ABORTED]: [ExitCode.conflict, ExitCode.partial, ExitCode.error],
      [status.UNAVAILABLE]: [ExitCode.unreachable, ExitCode.noQuorum],
      [status.DEADLINE_EXCEEDED]: [ExitCode.unknownOutcome, ExitCode.unreachable, ExitCode.pending, ExitCode.error],
      [status.FAILED_PRECONDITION]: [
        ExitCode.refused,
        ExitCode.unreachable,
        ExitCode.notOk,
        ExitCode.notConfirmed,
        ExitCode.differs,
      ],
    };
    expect(exitsOf[sent(new RaftctlError(code, 'x')).code]).toContain(errorCodes[code].exit);
  });

  test('stays well-formed and small, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 3000 }),
        fc.array(fc.string({ unit: 'binary', maxLength: 1500 }), { maxLength: 20 }),
        (text, facts) => {
          const { details, detail } = sent(new RaftctlError('E_REFUSED', text, { facts, hint: text }));
          expect(Buffer.byteLength(details)).toBeLessThanOrEqual(errorTextBytesMax);
          expect(() => encodeURI(details)).not.toThrow();
          expect(ErrorDetail.encode(detail).finish().length).toBeLessThan(4096);
          expect(Buffer.from(text).toString().startsWith(details)).toBe(true);
        },
      ),
    );
  });

  test('half a surrogate pair does not break the answer', () => {
    expect(sent(new RaftctlError('E_USAGE', 'bad \ud800 key')).details).toBe('bad \ufffd key');
  });
});

test('a defect is logged with its stack under the id that the caller is told, and the caller is told no more', () => {
  const logger = new RecordingLogger();
  const error = callerError(new TypeError('secret is undefined'), logger);
  expect(error.code).toBe('E_INTERNAL');
  expect(error.message).not.toContain('secret');
  const { id, stack } = logger.errors[0]?.fields ?? {};
  expect(error.message).toContain(String(id));
  expect(stack).toContain('TypeError: secret is undefined');
});
