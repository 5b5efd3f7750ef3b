import { RaftctlError } from '../../base/errors.js';
import { type ConfChangeTransition, ConfChangeV2, ConfState } from '../../gen/raft/v1/raft.js';
import { ChangePhase, ChangeRecord, ChangeResult, MembershipContext } from '../../gen/raftctl/v1/member.js';
import { settledSets } from '../../membership/index.js';
import { ProposalDroppedError } from '../../raft/errors.js';
import type { NodeContext } from '../node-context.js';

/**
 * A joint configuration that no change of the cluster's own carries on: a program that embeds a node has made it. Nothing would ever leave
 * it, and no other change can begin, so whoever asks to leave it, or to go back, is enough.
 */
export function isLeftBehind({ applied: { confState } }: NodeContext, running: ChangeRecord | undefined): boolean {
  return running === undefined && confState.votersOutgoing.length > 0 && !confState.autoLeave;
}

/** It, as if it were a change: with no id, and nobody who asked for it. When it began is not known. */
export function leftBehindRecord({ applied, options }: NodeContext): ChangeRecord {
  const { confState, configIndex } = applied;
  const to = settledSets(confState);
  return ChangeRecord.fromPartial({
    from: ConfState.fromPartial({ voters: confState.votersOutgoing, learners: confState.learners }),
    to: ConfState.fromPartial({ voters: [...to.voters], learners: [...to.learners] }),
    phase: ChangePhase.JOINT,
    result: ChangeResult.RUNNING,
    configIndex,
    startedMs: options.wallClock(),
    text: 'the configuration is joint, and no change carries it on: it waits to be left',
  });
}

/** The record once it is rolled back. */
export function rolledBack(record: ChangeRecord, { applied, options }: NodeContext): ChangeRecord {
  const { confState, configIndex } = applied;
  const text = `rolled back: the voters are {${confState.voters.join(',')}} again`;
  const ended = { phase: ChangePhase.ABORTED, result: ChangeResult.ABORTED, endedMs: options.wallClock() };
  return { ...record, ...ended, text, configIndex };
}

/**
 * Proposes to leave it.
 * @param transition `ROLLBACK` to its outgoing voters, `AUTO` to its incoming ones
 * @throws RaftctlError E_CONFLICT where this is not the moment
 */
export function proposeWayOut({ core, options, wake }: NodeContext, transition: ConfChangeTransition): void {
  const context = MembershipContext.encode(MembershipContext.fromPartial({ atMs: options.wallClock() })).finish();
  const change = ConfChangeV2.fromPartial({ transition, context });
  const refusal = core.confChangeRefusal(change);
  try {
    if (refusal === undefined) core.proposeConfChange(new Uint8Array(), change);
  } catch (thrown) {
    if (!(thrown instanceof ProposalDroppedError)) throw thrown;
    throw notNow(thrown.reason);
  }
  if (refusal !== undefined) throw notNow(refusal);
  wake();
}

function notNow(reason: string): RaftctlError {
  return new RaftctlError('E_CONFLICT', `the joint configuration cannot be left just now: ${reason}`, {
    retryable: true,
  });
}
