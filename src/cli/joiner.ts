import { RaftctlError } from '../base/errors.js';
import type { Client, ListMembersResponse, Member, NodeStatus } from '../client/index.js';
import { notUpYet } from './joiner-check.js';

/** What the command line says of a node that is to join. */
export interface JoinerWish {
  readonly address: string;
  readonly id?: number | undefined;
  readonly name?: string | undefined;
  readonly zone?: string | undefined;
}

/**
 * The node that is to join, as a member. Without an id the node at the address is asked for its own; where nobody answers there yet, it gets
 * one that no member has or had.
 */
export async function resolveJoiner(
  client: Client,
  wish: JoinerWish,
  current: ListMembersResponse,
  say: (line: string) => void,
): Promise<Member> {
  const { address, zone } = wish;
  const status = wish.id === undefined ? await answering(client, address) : undefined;
  const id = wish.id ?? status?.id ?? freshId(current);
  if (wish.id === undefined && status === undefined) {
    const seeds = current.members.map((member) => member.address).slice(0, 3);
    say(`nobody answers at ${address} yet; the id is ${id}. Start it with:`);
    say(`  raftctl node start --id ${id} --data-dir DIR --listen ${address} --join ${seeds.join(',')}`);
  }
  const name = wish.name ?? status?.name ?? '';
  return { id, name, address, addedIndex: 0, ...(zone === undefined ? {} : { zone }) };
}

/** An id above all that are in use, were in use, or were announced. */
export function freshId({ members, announced, removed }: ListMembersResponse): number {
  const taken = [...members, ...announced, ...removed.flatMap(({ member }) => member ?? [])];
  return Math.max(0, ...taken.map(({ id }) => id)) + 1;
}

async function answering(client: Client, address: string): Promise<NodeStatus | undefined> {
  try {
    return await client.identify(address);
  } catch (thrown) {
    if (thrown instanceof RaftctlError && notUpYet.has(thrown.code)) return undefined;
    throw thrown;
  }
}
