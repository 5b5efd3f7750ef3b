import { randomBytes } from 'node:crypto';
import { type Changed, RaftctlError } from '../base/errors.js';
import { type BootstrapSpec, ClusterServiceService as Cluster } from '../gen/raftctl/v1/cluster.js';
import { normalizeAddress } from './address.js';
import type { Connections } from './connection.js';
import type { Settings } from './options.js';

/** A node of the cluster to be. */
export interface BootstrapNode {
  readonly id: number;
  /** Where clients and the other nodes dial it. */
  readonly address: string;
  /** Default: `n` and the id. */
  readonly name?: string;
}

/** A cluster to be. */
export interface BootstrapPlan {
  readonly name: string;
  readonly voters: readonly BootstrapNode[];
  readonly learners: readonly BootstrapNode[];
  /** 32 hex digits. Default: random, or that of the nodes where they were bootstrapped with just this before. */
  readonly clusterId?: string;
}

/** A cluster that is. */
export interface BootstrapResult {
  readonly clusterId: string;
  readonly configIndex: number;
  /** False where every node had been bootstrapped with just this. */
  readonly changed: boolean;
  readonly nodes: readonly BootstrapNode[];
}

/**
 * Makes one cluster of fresh nodes. Every node is asked first whether it can take part; only when all can is anything written. The same
 * call again changes nothing, and finishes what an interrupted one left; but not where the others have gone on without a voter: it may be
 * one that has lost its data, and would vote again on what it had voted on.
 * @throws RaftctlError E_ALREADY_BOOTSTRAPPED where a node belongs to a cluster that was made otherwise; E_REFUSED for a fresh voter of a
 * cluster that has gone on
 */
export async function bootstrap(
  connections: Connections,
  settings: Settings,
  plan: BootstrapPlan,
): Promise<BootstrapResult> {
  const deadlineMs = Date.now() + settings.timeoutMs;
  const nodes = [...plan.voters, ...plan.learners].map(({ id, address, name }) => ({
    id,
    address: normalizeAddress(address),
    name: name ?? `n${id}`,
  }));
  const dialMs = () => Math.min(deadlineMs, Date.now() + settings.dialTimeoutMs);
  const at = (node: BootstrapNode) => connections.to(node.address);

  const found = await onEach(nodes, 'no', async (node) => {
    const { status } = await at(node).unary(Cluster.getStatus, {}, dialMs());
    return { clusterId: status?.clusterId ?? '', last: status?.log?.last ?? 0, instance: status?.instance };
  });
  const voters = plan.voters.map(({ id }) => id);
  const spec: BootstrapSpec = {
    clusterId:
      plan.clusterId ??
      sharedId(
        nodes,
        found.map(({ clusterId }) => clusterId),
      ) ??
      randomBytes(16).toString('hex'),
    name: plan.name,
    members: nodes.map((node, place) => ({ ...node, addedIndex: 1, instance: found[place]?.instance })),
    voters,
    learners: plan.learners.map(({ id }) => id),
  };
  const prepared = await onEach(nodes, 'no', (node) =>
    at(node).unary(Cluster.prepareBootstrap, { spec, nodeId: node.id }, dialMs()),
  );
  // Whoever is late begins with what the others began with, to the byte.
  const agreed = prepared.find(({ existing }) => existing !== undefined)?.existing ?? spec;
  refuseLateVoters(nodes, found, agreed);
  const made = await onEach(nodes, 'yes', (node) =>
    at(node).unary(Cluster.bootstrap, { spec: agreed, nodeId: node.id }, deadlineMs),
  );
  return {
    clusterId: spec.clusterId,
    configIndex: Math.max(...made.map(({ configIndex }) => configIndex)),
    changed: made.some(({ changed }) => changed),
    nodes,
  };
}

/** Where a bootstrap leaves the log: whoever has more belongs to a cluster that has elected a leader since. */
const bootstrapIndex = 1;

/** What a node said of itself before the bootstrap. */
interface FoundNode {
  readonly clusterId: string;
  readonly last: number;
  readonly instance: string | undefined;
}

/** A voter that has the data directory of the first bootstrap was only missed by it; of any other it is not known what it has lost. */
function refuseLateVoters(nodes: readonly BootstrapNode[], found: readonly FoundNode[], agreed: BootstrapSpec): void {
  const last = Math.max(...found.map((node) => node.last));
  const late = nodes.find((node, place) => {
    const known = agreed.members.find((member) => member.id === node.id)?.instance;
    const wasMissed = known !== undefined && known === found[place]?.instance;
    return found[place]?.clusterId === '' && agreed.voters.includes(node.id) && !wasMissed;
  });
  if (late === undefined || last <= bootstrapIndex) return;
  throw new RaftctlError(
    'E_REFUSED',
    `node ${late.id} has no data, and the others have gone on to index ${last}: it cannot be bootstrapped any more`,
    {
      facts: ['a voter that has lost its data could vote twice, and what was acknowledged could be lost'],
      hint: `raftctl member remove ${late.id}; then start it with a new --id, and: raftctl member add ${late.address}`,
    },
  );
}

/** The id that nodes have from before; undefined where all are fresh. */
function sharedId(nodes: readonly BootstrapNode[], found: readonly string[]): string | undefined {
  const ids = [...new Set(found.filter((id) => id !== ''))];
  if (ids.length > 1) {
    throw new RaftctlError('E_ALREADY_BOOTSTRAPPED', 'the nodes belong to different clusters already', {
      facts: nodes.map((node, place) => `${node.name ?? node.id}  ${node.address}  ${found[place] || 'fresh'}`),
      hint: 'a node of another cluster needs a new data directory',
    });
  }
  return ids[0];
}

/** Does one thing on every node at once; where some fail, says of each what became of it. */
async function onEach<Result>(
  nodes: readonly BootstrapNode[],
  changed: Changed,
  work: (node: BootstrapNode) => Promise<Result>,
): Promise<Result[]> {
  const settled = await Promise.allSettled(nodes.map(work));
  const results: Result[] = [];
  const facts: string[] = [];
  let worst: RaftctlError | undefined;
  for (const [place, outcome] of settled.entries()) {
    const node = nodes[place];
    if (outcome.status === 'fulfilled') {
      results.push(outcome.value);
      facts.push(`${node?.name}  ${node?.address}  ok`);
    } else if (outcome.reason instanceof RaftctlError) {
      worst ??= outcome.reason;
      facts.push(`${node?.name}  ${node?.address}  ${outcome.reason.message}`);
    } else {
      throw outcome.reason;
    }
  }
  if (worst === undefined) return results;
  const hint = changed === 'no' ? worst.hint : 'run the same command again: it finishes what is missing';
  throw new RaftctlError(worst.code, worst.message, {
    facts,
    changed,
    cause: worst,
    ...(hint === undefined ? {} : { hint }),
  });
}
