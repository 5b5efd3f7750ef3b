import { RaftctlError } from '../../base/errors.js';
import type { ChangeRecord } from '../../gen/raftctl/v1/member.js';
import { waitsForPromotion } from '../../membership/index.js';
import { staysJoint } from './change-refusals.js';

/** Whether a change has come as far as it goes by itself for now: who follows it need not wait for more. */
export function rests(record: ChangeRecord): boolean {
  return staysJoint(record) || waitsForPromotion(record);
}

/**
 * @param whileLeft what it ends with where the change stays joint until somebody leaves it
 * @throws RaftctlError E_CHANGE_RUNNING, or `whileLeft`
 */
export function refuseWhileRunning(running: ChangeRecord, whileLeft: 'E_CHANGE_RUNNING' | 'E_JOINT'): never {
  const { id } = running;
  if (staysJoint(running)) {
    throw new RaftctlError(whileLeft, `the configuration is joint: change ${id} waits to be left`, {
      hint: `raftctl member change leave ${id}, or back: raftctl member change abort ${id}`,
    });
  }
  if (waitsForPromotion(running)) {
    throw new RaftctlError('E_CHANGE_RUNNING', `change ${id} of the members is running: ${running.text}`, {
      hint: `raftctl member change status ${id}, or back: raftctl member change abort ${id}`,
    });
  }
  throw new RaftctlError('E_CHANGE_RUNNING', `change ${id} of the members is running`, {
    hint: `raftctl member change watch ${id}`,
  });
}
