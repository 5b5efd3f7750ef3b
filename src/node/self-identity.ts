import { SpaceLevel } from '../gen/raftctl/v1/member.js';
import { selfAbilities } from './abilities.js';
import type { NodeContext } from './node-context.js';
import type { PeerIdentity } from './ports.js';

/** Who this node is to its peers, each time as of now. */
export function selfIdentity(context: NodeContext): PeerIdentity {
  const { id, store, address, version, stateMachine, wallClock } = context.options;
  return {
    nodeId: id,
    get clusterId() {
      return store.identity.clusterId;
    },
    get incarnation() {
      return store.identity.incarnation;
    },
    address,
    version,
    stateMachine: stateMachine.name,
    instance: store.identity.instance,
    instanceOf: (other) => context.memberById(other)?.instance,
    get wallClockMs() {
      return wallClock();
    },
    abilities: selfAbilities(context.options),
    isVoter: (other) =>
      [...context.applied.confState.voters, ...context.applied.confState.votersOutgoing].includes(other),
    get configIndex() {
      return context.applied.configIndex;
    },
    isKnown: (other, configIndex) =>
      context.memberById(other) !== undefined || configIndex >= context.applied.configIndex,
    get declinesLeadership() {
      return !context.core.raft.campaigns || context.space.level !== SpaceLevel.AMPLE;
    },
    get space() {
      return context.space.level;
    },
  };
}
