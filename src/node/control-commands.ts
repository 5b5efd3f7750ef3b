import type { ErrorCode } from '../base/error-codes.js';
import { RaftctlError } from '../base/errors.js';
import { ControlCommand, ControlResult } from '../gen/raftctl/v1/control.js';
import { EventType, HistoryEvent } from '../gen/raftctl/v1/history.js';
import { CommandKind } from '../gen/raftctl/v1/proposal.js';
import { recordEvent } from './audit-records.js';
import { advanceChange, beginChange, endChange, requestAbort, requestPromotion } from './changes/change-records.js';
import { applySetMember } from './member-updates.js';
import { applyInstance } from './members.js';
import type { CallOptions } from './node-api.js';
import type { AppliedMark, StateTxn } from './ports.js';
import type { Proposing } from './proposing.js';
import { checkHashState } from './state-hashing.js';

/** Where in the log a control command stands: the mark before it is applied, with its own index and term. */
export type ControlPosition = AppliedMark;

/** What a control command came to: nothing to say, or why it no longer fits. */
export type ControlOutcome = undefined | { readonly code: ErrorCode; readonly message: string };

/**
 * Applies a command of the cluster's own to its records (proto/raftctl/v1/control.proto), within the transaction of its turn. Every replica
 * does the same: nothing here looks at anything but the keyspace and the position. A command that no longer fits changes nothing.
 *
 * @param txn the node's whole keyspace
 * @returns an encoded `ControlResult`
 */
export function applyControl(txn: StateTxn, at: ControlPosition, command: ControlCommand): Uint8Array {
  const outcome = carryOut(txn, at, command);
  return ControlResult.encode({ errorCode: outcome?.code ?? '', message: outcome?.message ?? '' }).finish();
}

function carryOut(txn: StateTxn, at: ControlPosition, { command }: ControlCommand): ControlOutcome {
  switch (command?.$case) {
    case 'beginChange':
      return beginChange(txn, at, command.value);
    case 'advanceChange':
      return advanceChange(txn, command.value);
    case 'requestAbort':
      return requestAbort(txn, at, command.value);
    case 'requestPromotion':
      return requestPromotion(txn, at, command.value);
    case 'endChange':
      return endChange(txn, at, command.value);
    case 'recordEvent':
      if (command.value.event !== undefined) recordEvent(txn, at.index, command.value.event);
      return undefined;
    case 'setMember':
      return applySetMember(txn, at, command.value);
    case 'recordInstance':
      return applyInstance(txn, command.value);
    case 'hashState':
      return checkHashState(at, command.value);
    default:
      throw newerEntry(at.index, 'a command of the cluster');
  }
}

/**
 * Why a node stops at an entry of a kind that it does not know. A leader writes nothing that a member is known not to understand, so that a newer
 * version has been here and gone, or the node that wrote it had not heard of this one. To go past it would be to apply it otherwise than those
 * who know it: replicas would differ from here on, and nobody would be told.
 */
export function newerEntry(index: number, what: string): RaftctlError {
  return new RaftctlError(
    'E_VERSION_SKEW',
    `entry ${index} of the log is ${what} that this version does not know: a newer one wrote it`,
    { hint: 'start this node again with the version that the other nodes have; its data directory is as it was' },
  );
}

/** An empty command for bytes that are none. */
export function decodeControl(payload: Uint8Array): ControlCommand {
  try {
    return ControlCommand.decode(payload);
  } catch {
    return ControlCommand.create();
  }
}

/** A command in a few words, for the list of entries. */
export function describeControl(payload: Uint8Array): string {
  return `control ${decodeControl(payload).command?.$case ?? 'unknown'}`;
}

/**
 * Writes a command into the log and waits until it is applied here, on the leader.
 * @throws RaftctlError as `Proposing.propose`; the code of the result where the command did not fit any more
 */
export async function proposeControl(
  proposing: Proposing,
  command: ControlCommand,
  call: CallOptions = {},
): Promise<{ index: number }> {
  const payload = ControlCommand.encode(command).finish();
  const { index, result } = await proposing.propose({ kind: CommandKind.CONTROL, payload }, call);
  const { errorCode, message } = ControlResult.decode(result);
  if (errorCode !== '') throw new RaftctlError(errorCode as ErrorCode, message);
  return { index };
}

/** Has the leader write an audit record down; resolves when it is applied. @throws RaftctlError as `Proposing.propose` */
export async function proposeAudit(
  proposing: Proposing,
  term: number,
  event: HistoryEvent,
  call?: CallOptions,
): Promise<void> {
  const record = HistoryEvent.create({ ...event, type: EventType.AUDIT, term });
  await proposeControl(
    proposing,
    ControlCommand.create({ command: { $case: 'recordEvent', value: { event: record } } }),
    call,
  );
}
