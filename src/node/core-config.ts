import type { Logger } from '../base/logger.js';
import type { Random } from '../base/random.js';
import { type Config, NO_LIMIT } from '../raft/config.js';
import type { NodeConfig } from './node-config.js';

/**
 * How the core of a node is set: pre-vote and check-quorum on (a node that comes back must not depose a good leader, and a leader
 * that has lost its quorum must not go on), no forwarding (clients follow the leader hint; one straight line), step-down on removal.
 */
export function coreConfig(id: number, applied: number, config: NodeConfig, random: Random, logger: Logger): Config {
  return {
    id,
    electionTick: config.electionTicks,
    heartbeatTick: config.heartbeatTicks,
    applied,
    maxSizePerMsg: config.messageBytesMax,
    maxInflightMsgs: config.inflightMessagesMax,
    maxInflightBytes: Math.max(config.inflightBytesMax, config.messageBytesMax),
    checkQuorum: true,
    preVote: true,
    minElectionTick: 0,
    maxElectionTick: 0,
    readOnlyOption: 'safe',
    skipBcastCommit: false,
    batchAppend: false,
    priority: 0,
    maxUncommittedSize: Math.max(config.uncommittedBytesMax, config.messageBytesMax),
    maxCommittedSizePerReady: Math.min(config.applyBytesPerTurnMax, NO_LIMIT),
    maxApplyUnpersistedLogLimit: 0,
    applyUnstableEntries: false,
    disableProposalForwarding: true,
    disableConfChangeValidation: false,
    stepDownOnRemoval: true,
    piggybackCommit: false,
    random,
    logger,
  };
}
