import {
  type CompareAndWriteResponse,
  type ReadResponse,
  RegisterServiceService as Register,
  type RegisterExpectation,
  type WriteResponse,
} from '../gen/raftctl/v1/register.js';
import { type ReadConsistency, readAt, wireConsistency } from './consistency.js';
import { proposeOnce } from './propose-once.js';
import type { Sessions } from './sessions.js';
import type { ClientContext } from './survey.js';

/** The one replicated buffer. */
export class RegisterClient {
  constructor(
    private readonly context: ClientContext,
    private readonly sessions: Sessions,
  ) {}

  /** Version 0 says that it was never written. */
  read(consistency: ReadConsistency = 'quorum'): Promise<ReadResponse> {
    const request = { consistency: wireConsistency[consistency] };
    return readAt(this.context, consistency, (node, deadlineMs) => node.unary(Register.read, request, deadlineMs));
  }

  /** Replaces the value, whatever it was. */
  write(value: Uint8Array): Promise<WriteResponse> {
    return proposeOnce(this.context, this.sessions, Register.write, (session) => ({ value, session }));
  }

  /** Writes where the register is as expected. Another state is an answer (`swapped` is false), not an error. */
  compareAndWrite(expect: RegisterExpectation, value: Uint8Array): Promise<CompareAndWriteResponse> {
    return proposeOnce(this.context, this.sessions, Register.compareAndWrite, (session) => ({
      expect,
      value,
      session,
    }));
  }
}
