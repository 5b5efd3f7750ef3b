import { type Config, NO_LIMIT } from '../raft/config.js';
import { RawNode } from '../raft/raw-node.js';
import type { Storage } from '../raft/storage.js';
import type { NodeOptions } from './node-options.js';

/** What a core needs of the options of its node. */
export type CoreOptions = Pick<NodeOptions, 'id' | 'config' | 'random' | 'logger' | 'trace'>;

/** A core over `storage`, for the node that these options make. */
export function newCore(options: CoreOptions, storage: Storage, applied: number): RawNode {
  return new RawNode(coreConfig(options, applied), storage);
}

/**
 * How the core of a node is set: pre-vote and check-quorum on (a node that comes back must not depose a good leader, and a leader
 * that has lost its quorum must not go on), no forwarding (clients follow the leader hint; one straight line), step-down on removal.
 */
function coreConfig({ id, config, random, logger, trace }: CoreOptions, applied: number): Config {
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
    trace,
  };
}
