import { RaftctlError } from '../base/errors.js';
import type { ListMembersResponse, Member } from '../client/index.js';
import type { ChangeTarget } from './change-flags.js';
import type { MemberAddress } from './flag-values.js';

/** Sets as they are given on the command line; undefined keeps what is there. */
export interface GivenSets {
  readonly voters: readonly number[] | undefined;
  readonly learners: readonly number[] | undefined;
  readonly peers: readonly MemberAddress[];
}

/** The target that given sets mean. @throws RaftctlError E_USAGE where they cannot be meant */
export function targetOf({ voters, learners, peers }: GivenSets): ChangeTarget {
  if (voters === undefined && learners === undefined) {
    throw new RaftctlError('E_USAGE', 'no target: give --voters, --learners or both', {
      hint: 'raftctl member change --help',
    });
  }
  if (voters?.length === 0) throw new RaftctlError('E_USAGE', '--voters none: a cluster needs at least one voter');
  const both = voters?.filter((id) => learners?.includes(id)) ?? [];
  if (both.length > 0) {
    throw new RaftctlError('E_USAGE', `node ${both.join(',')} stands in both --voters and --learners`);
  }
  const twice = peers.find(({ id }, place) => peers.findIndex((peer) => peer.id === id) !== place);
  if (twice !== undefined) throw new RaftctlError('E_USAGE', `--peer names node ${twice.id} twice`);
  return {
    voters: voters && { ids: [...voters] },
    learners: learners && { ids: [...learners] },
    peers: peers.map(({ id, address }) => ({ id, name: '', address, addedIndex: 0 })),
  };
}

/** The target that makes voters of learners. @throws RaftctlError E_NOT_FOUND for an id that is no member */
export function promotion(current: ListMembersResponse, ids: readonly number[]): ChangeTarget {
  requireMembers(current, ids);
  const voters = [...new Set([...votersOf(current), ...ids])];
  return { voters: { ids: voters }, learners: undefined, ifConfigIndex: current.configIndex };
}

/**
 * The target without some members.
 * @throws RaftctlError E_NOT_FOUND for an id that is no member, unless those are to be passed over; E_USAGE where no voter would be left
 */
export function removal(current: ListMembersResponse, ids: readonly number[], ignoreMissing = false): ChangeTarget {
  if (!ignoreMissing) requireMembers(current, ids);
  const without = (set: readonly number[]) => ({ ids: set.filter((id) => !ids.includes(id)) });
  return {
    voters: remaining(current, ids),
    learners: without(learnersOf(current)),
    ifConfigIndex: current.configIndex,
  };
}

/** The target that makes learners of voters. @throws RaftctlError E_NOT_FOUND for an id that is no member; E_USAGE where no voter would be left */
export function demotion(current: ListMembersResponse, ids: readonly number[]): ChangeTarget {
  requireMembers(current, ids);
  return {
    voters: remaining(current, ids),
    learners: { ids: [...new Set([...learnersOf(current), ...ids])] },
    ifConfigIndex: current.configIndex,
  };
}

/**
 * The target with one more member.
 * @throws RaftctlError E_CONFLICT where the id is a member under another address, or a voter that would be a learner from then on: whoever
 * adds a node does not mean to take a vote away
 */
export function addition(current: ListMembersResponse, member: Member, asVoter: boolean): ChangeTarget {
  const known = current.members.find(({ id }) => id === member.id);
  if (known !== undefined && known.address !== member.address) {
    throw new RaftctlError('E_CONFLICT', `member ${member.id} has the address ${known.address}`, {
      facts: [`wanted ${member.address}`],
      hint: `to move it there: raftctl member update ${member.id} --address ${member.address}`,
    });
  }
  if (!asVoter && votersOf(current).includes(member.id)) {
    throw new RaftctlError('E_CONFLICT', `node ${member.id} at ${member.address} is a voter already`, {
      hint: `to make a learner of it: raftctl member demote ${member.id}`,
    });
  }
  const more = (set: readonly number[]) => ({ ids: [...new Set([...set, member.id])] });
  const sets = asVoter
    ? { voters: more(votersOf(current)), learners: undefined }
    : { voters: undefined, learners: more(learnersOf(current)) };
  return { ...sets, peers: [member], ifConfigIndex: current.configIndex };
}

/**
 * The target in which a node that is no member has the place of one that is.
 * @param keepOld the old one stays, as a learner
 * @throws RaftctlError E_NOT_FOUND where the old one is no member, E_CONFLICT where the new one is one
 */
export function replacement(current: ListMembersResponse, old: number, member: Member, keepOld: boolean): ChangeTarget {
  requireMembers(current, [old]);
  if (member.id === old) {
    throw new RaftctlError(
      'E_CONFLICT',
      `node ${old} is itself at ${member.address}: another one must take its place`,
      {
        hint: 'start a node under a new id, and name its address: raftctl node start --help',
      },
    );
  }
  if (current.members.some(({ id }) => id === member.id)) {
    const promote = votersOf(current).includes(member.id) ? '' : `raftctl member promote ${member.id} && `;
    throw new RaftctlError('E_CONFLICT', `node ${member.id} is a member already: it cannot take the place of ${old}`, {
      hint: `${promote}raftctl member remove ${old}`,
    });
  }
  const isVoter = votersOf(current).includes(old);
  const swapped = (set: readonly number[]) => set.map((id) => (id === old ? member.id : id));
  const learners = isVoter ? [...learnersOf(current)] : swapped(learnersOf(current));
  return {
    voters: { ids: isVoter ? swapped(votersOf(current)) : [...votersOf(current)] },
    learners: { ids: keepOld ? [...learners, old] : learners },
    peers: [member],
    ifConfigIndex: current.configIndex,
  };
}

function remaining(current: ListMembersResponse, gone: readonly number[]): { ids: number[] } {
  const ids = votersOf(current).filter((id) => !gone.includes(id));
  if (ids.length > 0) return { ids };
  throw new RaftctlError('E_USAGE', 'no voter would be left: a cluster needs at least one', {
    facts: [`voters: ${votersOf(current).join(', ')}`],
  });
}

function requireMembers({ members, removed }: ListMembersResponse, ids: readonly number[]): void {
  const stranger = ids.find((id) => !members.some((member) => member.id === id));
  if (stranger === undefined) return;
  const gone = removed.find(({ member }) => member?.id === stranger);
  throw new RaftctlError('E_NOT_FOUND', `there is no member ${stranger}`, {
    facts: [
      ...(gone === undefined ? [] : [`it left with the change @${gone.removedIndex}`]),
      `members: ${members.map(({ id }) => id).join(', ')}`,
    ],
    hint: 'raftctl member list',
  });
}

function votersOf({ confState }: ListMembersResponse): readonly number[] {
  return confState?.voters ?? [];
}

function learnersOf({ confState }: ListMembersResponse): readonly number[] {
  return confState?.learners ?? [];
}
