import type { Client } from '../../src/client/index.js';
import { ChangeMembersRequest, ChangePhase } from '../../src/gen/raftctl/v1/member.js';
import type { BenchCluster } from '../cluster.js';

/** One change that writes go on through. */
export interface MeasuredChange {
  readonly name: string;
  readonly voters: readonly number[];
  readonly learners: readonly number[];
  /** Who leads when it begins; by the plan it may leave. */
  readonly leader: number;
  /** Members that are killed first, within what is measured. */
  readonly killed: readonly number[];
}

/** In this order, each from where the one before ended; the first one from the voters 1, 2 and 3. */
export const measuredChanges: readonly MeasuredChange[] = [
  { name: '{1,2,3} -> {1,3}, learners {4,5}', leader: 1, voters: [1, 3], learners: [4, 5], killed: [] },
  { name: '{1,3} -> {3,4,5}, the leader leaves', leader: 1, voters: [3, 4, 5], learners: [], killed: [] },
  { name: '{3,4,5} -> five voters', leader: 3, voters: [3, 4, 5, 6, 7], learners: [], killed: [] },
  { name: 'five voters -> seven', leader: 3, voters: [1, 2, 3, 4, 5, 6, 7], learners: [], killed: [] },
  { name: 'seven -> {5,6,7}, the leader leaves', leader: 3, voters: [5, 6, 7], learners: [], killed: [] },
  { name: '{5,6,7} -> five voters', leader: 5, voters: [1, 2, 5, 6, 7], learners: [], killed: [] },
  { name: 'two dead of five replaced', leader: 5, voters: [3, 4, 5, 6, 7], learners: [], killed: [1, 2] },
];

/** Puts the leadership where a change is to find it. */
export async function lead(client: Client, id: number): Promise<void> {
  const { leader } = await client.leader();
  if (leader.id !== id) await client.transferLeader(id);
}

/** Carries a change out. @throws where it does not end as it should */
export async function carryOut(
  client: Client,
  cluster: BenchCluster,
  { name, voters, learners, killed }: MeasuredChange,
): Promise<void> {
  await Promise.all(killed.map((id) => cluster.kill(id)));
  const { members } = await client.listMembers();
  const isKnown = (id: number) => members.some((member) => member.id === id);
  const peers = [...voters, ...learners]
    .filter((id) => !isKnown(id))
    .map((id) => ({ id, address: cluster.addressOf(id) }));
  const request = ChangeMembersRequest.fromPartial({
    voters: { ids: [...voters] },
    learners: { ids: [...learners] },
    peers,
    requestId: name,
  });
  let last: ChangePhase | undefined;
  for await (const { phase } of client.changeMembers(request)) last = phase;
  if (last !== ChangePhase.DONE)
    throw new Error(`${name} ended in phase ${last === undefined ? '-' : ChangePhase[last]}`);
}
