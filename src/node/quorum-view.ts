import type { ErrorCode } from '../base/error-codes.js';
import { RaftctlError } from '../base/errors.js';
import type { ConfState } from '../gen/raft/v1/raft.js';
import type { Member } from '../gen/raftctl/v1/member.js';
import type { LinkStatus } from './ports.js';

/** What a node can tell of its quorum from its own connections. */
export interface QuorumView {
  readonly selfId: number;
  readonly confState: ConfState;
  readonly members: readonly Member[];
  readonly links: readonly LinkStatus[];
}

/** One majority that is needed, and how many of it this node can reach, itself included. */
interface Half {
  readonly voters: readonly number[];
  readonly reachable: number;
  readonly needed: number;
}

function halves(view: QuorumView): Half[] {
  const connected = new Set(view.links.filter((link) => link.connected).map((link) => link.id));
  connected.add(view.selfId);
  return [view.confState.voters, view.confState.votersOutgoing]
    .filter((voters) => voters.length > 0)
    .map((voters) => ({
      voters,
      reachable: voters.filter((id) => connected.has(id)).length,
      needed: Math.floor(voters.length / 2) + 1,
    }));
}

/** Whether this node is connected to a majority of each half of the configuration. */
export function quorumReachable(view: QuorumView): boolean {
  return halves(view).every((half) => half.reachable >= half.needed);
}

/** The error for a call that needs a quorum where there is none in reach, with one fact a voter. */
export function noQuorumError(view: QuorumView, code: ErrorCode = 'E_NO_QUORUM'): RaftctlError {
  const short = halves(view).find((half) => half.reachable < half.needed);
  const counts =
    short === undefined
      ? 'the voters are holding an election'
      : `${short.reachable} of ${short.voters.length} voters ${short.reachable === 1 ? 'is' : 'are'} reachable, ${short.needed} are needed`;
  return new RaftctlError(code, `no leader — ${counts}`, {
    facts: voterFacts(view),
    retryable: true,
    hint: 'start the voters that are missing',
  });
}

function voterFacts(view: QuorumView): string[] {
  const voters = [...new Set([...view.confState.voters, ...view.confState.votersOutgoing])].sort((a, b) => a - b);
  return voters.map((id) => {
    const member = view.members.find((other) => other.id === id);
    const link = view.links.find((other) => other.id === id);
    const state =
      id === view.selfId
        ? 'up, this node'
        : link?.connected
          ? 'up'
          : link?.error === '' || !link
            ? 'not connected'
            : link.error;
    return `${member?.name || `n${id}`}  ${member?.address ?? '?'}  ${state}`;
  });
}
