import { RaftctlError } from '../base/errors.js';
import type { Client, Member, NodeStatus } from '../client/index.js';

/**
 * Looks at the nodes that a change is to take in before it is asked for: once it is in the log, a member that will never answer can only be
 * taken out again. Where nobody answers yet the change may begin all the same, and waits.
 * @returns those where nobody answers yet
 * @throws RaftctlError E_WRONG_NODE, E_WRONG_CLUSTER or E_NOT_RAFTNODE, naming the address
 */
export async function checkJoiners(client: Client, joiners: readonly Member[]): Promise<readonly Member[]> {
  if (joiners.length === 0) return [];
  const { clusterId } = await client.listMembers();
  const up = await Promise.all(joiners.map((joiner) => checkJoiner(client, joiner, clusterId)));
  return joiners.filter((_, place) => !up[place]);
}

/** @returns whether it answers */
async function checkJoiner(client: Client, { id, address }: Member, clusterId: string): Promise<boolean> {
  const status = await client.identify(address).catch((thrown: unknown) => {
    if (thrown instanceof RaftctlError && notUpYet.has(thrown.code)) return undefined;
    throw thrown;
  });
  if (status === undefined) return false;
  if (status.id !== id) {
    throw new RaftctlError('E_WRONG_NODE', `node ${status.id} answers at ${address}, not node ${id}`);
  }
  if (status.clusterId !== '' && status.clusterId !== clusterId) {
    throw new RaftctlError('E_WRONG_CLUSTER', `node ${id} at ${address} belongs to another cluster`, {
      facts: [`its cluster is ${status.clusterId}`, `this one is ${clusterId}`],
      hint: 'start it with a data directory of its own, and a new id',
    });
  }
  if (status.clusterId !== '') await checkIncarnation(client, status);
  return true;
}

/** A node that was given up in a recovery is fenced off: it would be a member that never answers. */
async function checkIncarnation(client: Client, { id, address, incarnation }: NodeStatus): Promise<void> {
  const view = await client.view();
  if (view.incarnation === incarnation) return;
  throw new RaftctlError(
    'E_WRONG_CLUSTER',
    `node ${id} at ${address} is of incarnation ${incarnation} of the cluster`,
    {
      facts: [`the cluster was recovered without it, and is of incarnation ${view.incarnation}`],
      hint: 'stop it, empty its directory, and start it under a new id: raftctl node reset --help',
    },
  );
}

/** Errors of an address where a node may still be started. */
export const notUpYet: ReadonlySet<string> = new Set(['E_CONN_REFUSED', 'E_CONN_TIMEOUT', 'E_DNS', 'E_STOPPED']);
