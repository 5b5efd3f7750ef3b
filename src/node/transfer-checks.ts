import { RaftctlError } from '../base/errors.js';
import type { NodeContext } from './node-context.js';

/**
 * Whether the leadership may be handed to `target` now: a voter, in reach, willing, and close behind.
 * @throws RaftctlError E_NOT_FOUND, E_TARGET_LEARNER, E_TRANSFER_IN_PROGRESS, E_REFUSED (not connected), E_TARGET_DECLINES, E_TARGET_LAG
 */
export function checkTransfer(context: NodeContext, target: number, maxLag: number): void {
  checkVoter(context, target);
  const { leadTransferee } = context.core.raft;
  if (leadTransferee !== 0) {
    throw new RaftctlError('E_TRANSFER_IN_PROGRESS', `the leadership is being handed to node ${leadTransferee}`, {
      retryable: true,
    });
  }
  const link = context.options.transport.links().find(({ id }) => id === target);
  if (link?.connected !== true) {
    const where = link?.address || context.memberById(target)?.address || 'an unknown address';
    throw new RaftctlError(
      'E_REFUSED',
      `node ${target} at ${where} is not reachable: ${link?.error || 'not connected'}`,
      { hint: `raftctl node show ${target}` },
    );
  }
  if (link.declinesLeadership === true) {
    throw new RaftctlError(
      'E_TARGET_DECLINES',
      `node ${target} does not want to lead: it is drained, its elections are paused, or it has just stepped down`,
      { hint: `raftctl node undrain ${target}, or raftctl node election resume ${target}` },
    );
  }
  const lag = context.core.raft.raftLog.lastIndex() - context.matchOf(target);
  if (lag > maxLag) {
    throw new RaftctlError('E_TARGET_LAG', `node ${target} lags ${lag} entries behind, more than ${maxLag}`, {
      hint: `raftctl wait node=${target}:caught-up --timeout 1m && raftctl leader transfer ${target}`,
    });
  }
}

function checkVoter({ applied, members }: NodeContext, target: number): void {
  const { voters, votersOutgoing, learners } = applied.confState;
  if (voters.includes(target) || votersOutgoing.includes(target)) return;
  if (learners.includes(target)) {
    throw new RaftctlError('E_TARGET_LEARNER', `node ${target} is a learner: only a voter can lead`, {
      hint: `raftctl member promote ${target}`,
    });
  }
  throw new RaftctlError('E_NOT_FOUND', `node ${target} is not a member: the voters are ${voters.join(', ')}`, {
    facts: members.map((member) => `${member.name || `n${member.id}`}  ${member.address}`),
    hint: 'raftctl member list',
  });
}
