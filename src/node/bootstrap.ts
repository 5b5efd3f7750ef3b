import { RaftctlError } from '../base/errors.js';
import { otherInstance } from '../base/instance.js';
import type { BootstrapSpec } from '../gen/raftctl/v1/cluster.js';
import type { Member } from '../gen/raftctl/v1/member.js';
import type { LogStore } from './ports.js';

/**
 * Whether this node can be bootstrapped so: `todo` on a fresh node, `done` where it was bootstrapped with just this before.
 * @throws RaftctlError E_USAGE for a specification that makes no sense, E_WRONG_NODE, E_ALREADY_BOOTSTRAPPED, E_REFUSED where a member has
 * lost its disk since it was bootstrapped
 */
export function checkBootstrap(spec: BootstrapSpec, nodeId: number, selfId: number, store: LogStore): 'todo' | 'done' {
  checkSpec(spec);
  if (nodeId !== selfId) {
    throw new RaftctlError('E_WRONG_NODE', `node ${selfId} answers here, not node ${nodeId}`, {
      hint: `check the addresses: --node ${nodeId}=HOST:PORT`,
    });
  }
  const self = spec.members.find((member) => member.id === selfId);
  if (self === undefined) throw new RaftctlError('E_USAGE', `node ${selfId} is not among the members of the bootstrap`);
  const { clusterId, instance } = store.identity;
  requireInstances([{ ...self, instance }], [self]);
  if (clusterId === '') return 'todo';
  const existing = store.bootstrapSpec;
  if (existing !== undefined && sameSpec(existing, spec)) {
    requireInstances(spec.members, existing.members);
    return 'done';
  }
  throw new RaftctlError('E_ALREADY_BOOTSTRAPPED', `node ${selfId} belongs to cluster ${clusterId} already`, {
    facts: existing === undefined ? [] : [`its first voters were ${existing.voters.join(', ')}`],
    hint: 'raftctl status. A node of another cluster needs a new data directory',
  });
}

function checkSpec(spec: BootstrapSpec): void {
  if (!/^[0-9a-f]{32}$/.test(spec.clusterId)) throw new RaftctlError('E_USAGE', 'a cluster id has 32 hex digits');
  if (spec.voters.length === 0) throw new RaftctlError('E_USAGE', 'a cluster needs at least one voter');
  const ids = [...spec.voters, ...spec.learners];
  const repeated = ids.find((id, position) => ids.indexOf(id) !== position);
  if (repeated !== undefined) throw new RaftctlError('E_USAGE', `node ${repeated} is named twice`);
  if (ids.some((id) => !Number.isSafeInteger(id) || id < 1))
    throw new RaftctlError('E_USAGE', 'node ids are 1 to 2^53-1');
  const members = new Set(spec.members.map((member) => member.id));
  if (spec.members.length !== ids.length || ids.some((id) => !members.has(id))) {
    throw new RaftctlError('E_USAGE', 'each voter and learner needs one address, and nobody else has one');
  }
  const addresses = spec.members.map((member) => member.address);
  const shared = addresses.find((address, position) => addresses.indexOf(address) !== position);
  if (shared !== undefined) throw new RaftctlError('E_USAGE', `two nodes have the address ${shared}`);
}

/**
 * A node that lost its disk between two bootstraps is not the one that was bootstrapped.
 * @throws RaftctlError E_REFUSED where a member has another data directory than `known` says
 */
function requireInstances(members: readonly Member[], known: readonly Member[]): void {
  for (const { id, instance } of members) {
    const before = known.find((member) => member.id === id)?.instance;
    if (instance === undefined || before === undefined || instance === before) continue;
    throw new RaftctlError('E_REFUSED', otherInstance(id, instance, before), {
      facts: ['a voter that has lost its data could vote twice, and what was acknowledged could be lost'],
    });
  }
}

/**
 * Whether two specifications make the same cluster, whatever they know of data directories; the order in which nodes are named does not
 * matter.
 */
function sameSpec(left: BootstrapSpec, right: BootstrapSpec): boolean {
  const canonical = (spec: BootstrapSpec) =>
    JSON.stringify([
      spec.clusterId,
      spec.name,
      spec.voters.toSorted((a, b) => a - b),
      spec.learners.toSorted((a, b) => a - b),
      spec.members
        .toSorted((a, b) => a.id - b.id)
        .map(({ id, name, address, zone, priority }) => [id, name, address, zone, priority]),
    ]);
  return canonical(left) === canonical(right);
}
