import { RaftctlError } from '../base/errors.js';
import { otherInstance } from '../base/instance.js';
import type { AnnounceRequest } from '../gen/raftctl/v1/member.js';
import { Announcements } from './announcements.js';
import { readMembers } from './members.js';
import type { NodeApi } from './node-api.js';
import type { NodeContext } from './node-context.js';
import type { StateView } from './ports.js';
import { readTombstones } from './tombstones.js';

/** Who belongs to the cluster, who left it, and who waits to be added, as this node knows it. */
export class Roster {
  readonly announcements: Announcements;

  constructor(private readonly context: NodeContext) {
    this.announcements = new Announcements(context.options.clock, context.options.wallClock);
  }

  /** Takes over what the cluster's own records say now: whom to talk to, and how readily this node is to lead. */
  load(view: StateView): void {
    const { context } = this;
    context.members = readMembers(view);
    context.removed = readTombstones(view);
    context.core.knobs.setPriority(context.memberById(context.options.id)?.priority ?? 0);
    context.options.transport.setPeers(context.members);
  }

  list(): ReturnType<NodeApi['listMembers']> {
    const { applied, members, removed } = this.context;
    const announced = this.announcements.list(members);
    return {
      configIndex: applied.configIndex,
      confState: applied.confState,
      members: [...members],
      announced,
      removed: [...removed],
    };
  }

  /**
   * A node says where it is.
   * @throws RaftctlError E_NOT_LEADER; E_REFUSED where it has the id of a member, and another data directory
   */
  announce(announcement: AnnounceRequest): ReturnType<NodeApi['announce']> {
    const { context } = this;
    context.requireLeader();
    const { id = 0, instance } = announcement.member ?? {};
    const known = context.memberById(id);
    if (instance !== undefined && known?.instance !== undefined && known.instance !== instance) {
      throw new RaftctlError('E_REFUSED', otherInstance(id, instance, known.instance));
    }
    this.announcements.add(announcement);
    return { clusterId: context.options.store.identity.clusterId, isMember: known !== undefined };
  }
}
