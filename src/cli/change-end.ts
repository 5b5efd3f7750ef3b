import { RaftctlError } from '../base/errors.js';
import type { ChangeRecord } from '../client/index.js';
import { phaseNames, resultNames } from './wire-names.js';

/** Whether a change in this phase goes on no more. */
export function hasEnded(phase: string): boolean {
  return phase === 'done' || phase === 'failed' || phase === 'aborted';
}

/** With what a command ends that saw this record of a change; undefined where the change was carried out. */
export function endOf(record: ChangeRecord): RaftctlError | undefined {
  const { id } = record;
  switch (resultNames[record.result]) {
    case 'done':
      return undefined;
    case 'aborted': {
      const why = record.abortReason === '' ? [] : [`reason: ${record.abortReason}`];
      return new RaftctlError('E_ABORTED', `change ${id} was taken back`, {
        facts: [record.text, ...why].filter((fact) => fact !== ''),
        changed: 'yes',
      });
    }
    case 'failed': {
      const code = record.errorCode === '' ? [] : [`the cause: ${record.errorCode}`];
      return new RaftctlError('E_CHANGE_FAILED', `change ${id} was given up: ${record.text}`, {
        facts: [...leftBehind(record), ...code],
        changed: 'yes',
        hint: 'put the cause right and ask for the change again, with another --request-id',
      });
    }
    default:
      return stillRunning(id, phaseNames[record.phase]);
  }
}

/** The change goes on without the command. */
export function stillRunning(id: string, phase: string): RaftctlError {
  return new RaftctlError('E_PENDING', `change ${id} goes on; last seen: ${phase}`, {
    changed: 'unknown',
    hint: `raftctl member change watch ${id}`,
  });
}

function leftBehind({ addedLearners }: ChangeRecord): string[] {
  return addedLearners.length === 0 ? [] : [`learners that it added and that stay: ${addedLearners.join(', ')}`];
}
