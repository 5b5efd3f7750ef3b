import { RaftctlError } from '../base/errors.js';
import type { ListMembersResponse, NodeStatus } from '../client/index.js';
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

/** The target without some members. @throws RaftctlError E_NOT_FOUND for an id that is no member */
export function removal(current: ListMembersResponse, ids: readonly number[]): ChangeTarget {
  requireMembers(current, ids);
  const without = (set: readonly number[]) => ({ ids: set.filter((id) => !ids.includes(id)) });
  return {
    voters: without(votersOf(current)),
    learners: without(learnersOf(current)),
    ifConfigIndex: current.configIndex,
  };
}

/** The target with one more member. @throws RaftctlError E_CONFLICT where the id is a member under another address */
export function addition(
  current: ListMembersResponse,
  member: MemberAddress & { readonly name: string },
  asVoter: boolean,
): ChangeTarget {
  const known = current.members.find(({ id }) => id === member.id);
  if (known !== undefined && known.address !== member.address) {
    throw new RaftctlError('E_CONFLICT', `member ${member.id} has the address ${known.address}`, {
      facts: [`wanted ${member.address}`],
    });
  }
  const peers = [{ ...member, addedIndex: 0 }];
  const more = (set: readonly number[]) => ({ ids: [...new Set([...set, member.id])] });
  const sets = asVoter
    ? { voters: more(votersOf(current)), learners: undefined }
    : { voters: undefined, learners: more(learnersOf(current)) };
  return { ...sets, peers, ifConfigIndex: current.configIndex };
}

/** The name and id of the node that is to join, as it says itself where the command line does not. */
export function joinerOf(
  status: NodeStatus | undefined,
  address: string,
  id: number | undefined,
  name: string | undefined,
) {
  const own = id ?? status?.id;
  if (own === undefined) throw new RaftctlError('E_USAGE', `which id has the node at ${address}? Give --id N`);
  return { id: own, address, name: name ?? status?.name ?? '' };
}

function requireMembers({ members }: ListMembersResponse, ids: readonly number[]): void {
  const stranger = ids.find((id) => !members.some((member) => member.id === id));
  if (stranger === undefined) return;
  throw new RaftctlError('E_NOT_FOUND', `there is no member ${stranger}`, {
    facts: [`members: ${members.map(({ id }) => id).join(', ')}`],
    hint: 'raftctl member list',
  });
}

function votersOf({ confState }: ListMembersResponse): readonly number[] {
  return confState?.voters ?? [];
}

function learnersOf({ confState }: ListMembersResponse): readonly number[] {
  return confState?.learners ?? [];
}
