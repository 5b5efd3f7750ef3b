import { RaftctlError } from '../base/errors.js';
import type { BootstrapPlan, BootstrapResult } from '../client/index.js';
import { contextFor } from './cluster-command.js';
import { type ConnectionFlags, toClientOptions } from './connection-options.js';

/**
 * Bootstraps the nodes of a plan over a client of its own: the endpoints are the plan's, whatever cluster the flags would mean.
 * @throws RaftctlError E_USAGE for an id or address that stands there twice
 */
export async function bootstrapCluster(
  plan: BootstrapPlan,
  flags: Omit<ConnectionFlags, 'node'>,
): Promise<BootstrapResult> {
  const nodes = [...plan.voters, ...plan.learners];
  const ids = nodes.map(({ id }) => id);
  const addresses = nodes.map(({ address }) => address);
  refuseTwice(ids, (id) => `node ${id} is named twice`);
  refuseTwice(addresses, (address) => `two nodes have the address ${address}`);
  const context = await contextFor(flags);
  const { createClient } = await import('../client/index.js');
  // As for the other commands: nobody can do anything about Node's warning of TLS to an address without a host name.
  process.noDeprecation = true;
  const client = createClient({ ...(await toClientOptions({ ...flags, endpoints: addresses }, context)) });
  try {
    return await client.bootstrap(plan);
  } finally {
    client.close();
  }
}

function refuseTwice<Value>(values: readonly Value[], say: (value: Value) => string): void {
  const twice = values.find((value, place) => values.indexOf(value) !== place);
  if (twice !== undefined) throw new RaftctlError('E_USAGE', say(twice));
}
