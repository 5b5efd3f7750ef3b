import { RaftctlError } from '../base/errors.js';
import type { NodeStatus } from '../gen/raftctl/v1/cluster.js';
import { canBeDialled, normalizeAddress } from './address.js';
import type { Settings } from './options.js';

/** Where the leader was when last heard of. */
export interface KnownLeader {
  readonly id: number;
  readonly address: string;
  /** 0 where only a hint named it. */
  readonly term: number;
}

/** Nodes that a client keeps in mind: what answers may name any number, and each is dialled. */
const addressesMax = 1024;

/** What a client knows of its cluster: hints all of it, corrected by every answer. */
export class Directory {
  leader: KnownLeader | undefined;
  readonly #seeds: readonly string[];
  readonly #addressOf = new Map<number, string>();
  /** The cluster that is meant: the one that was asked for, or else that of the first endpoint that answered. */
  #clusterId: string | undefined;
  /** The latest incarnation of it that a node is known to be of. */
  #incarnation = 0;

  /** @throws RaftctlError E_USAGE for an endpoint that is no address, or none at all */
  constructor(private readonly settings: Settings) {
    this.#clusterId = settings.clusterId;
    this.#seeds = [...new Set(settings.endpoints.map(normalizeAddress))];
    if (this.#seeds.length === 0) {
      throw new RaftctlError('E_USAGE', 'no endpoints: which cluster is meant?', {
        hint: 'give -e HOST:PORT,…, or set RAFTCTL_ENDPOINTS',
      });
    }
  }

  /** Every address worth asking: the endpoints, and where allowed the members that answers named. */
  addresses(): string[] {
    const members = this.settings.discover ? this.#addressOf.values() : [];
    return [...new Set([...this.#seeds, ...members])];
  }

  /** Where a node is dialled. A node that answered at an endpoint is dialled there, whatever address it goes by among the others. */
  addressOf(id: number): string | undefined {
    return this.#addressOf.get(id);
  }

  /**
   * Takes in what a node says of itself and of the others. Nothing is learned from a node of another cluster, or of an earlier
   * incarnation: behind the address of a member may stand one, with a leader of its own.
   * @returns whether the node is of the cluster that is meant, or of none yet
   * @throws RaftctlError E_WRONG_CLUSTER where the cluster was asked for by its id, and the node belongs to another one
   */
  learn(address: string, status: NodeStatus): boolean {
    const { clusterId } = this.settings;
    if (clusterId !== undefined && status.clusterId !== '' && status.clusterId !== clusterId) {
      throw new RaftctlError('E_WRONG_CLUSTER', `node ${status.id} at ${address} belongs to another cluster`, {
        facts: [`wanted ${clusterId}`, `found  ${status.clusterId}`],
      });
    }
    if (status.clusterId !== '' && this.#seeds.includes(address)) this.#clusterId ??= status.clusterId;
    if (status.clusterId !== '' && status.clusterId !== this.#clusterId) return false;
    if (status.clusterId !== '' && status.incarnation < this.#incarnation) return false;
    this.#incarnation = Math.max(this.#incarnation, status.incarnation);
    this.#addressOf.set(status.id, address);
    for (const member of status.members) {
      if (!this.settings.discover || this.#addressOf.has(member.id) || this.#addressOf.size >= addressesMax) continue;
      if (member.address !== '' && canBeDialled(member.address)) this.#addressOf.set(member.id, member.address);
    }
    return true;
  }
}
