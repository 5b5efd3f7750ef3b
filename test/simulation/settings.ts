import { silentLogger } from '../../src/base/logger.js';
import { type Random, randomInt } from '../../src/base/random.js';
import { type Config, defaultConfig, NO_LIMIT } from '../../src/raft/config.js';

/** What a run is made of; all of it follows from the seed. */
export interface Settings {
  /** Voters at the beginning, with the ids from 1 on. */
  readonly voters: number;
  /** Ids that can be in the group at all. */
  readonly nodesMax: number;
  /** Whether nodes go on while their disk writes (`advanceAppendAsync`), or wait for it (`advance`). */
  readonly asynchronous: boolean;
  /** Things that happen before the group is left in peace. */
  readonly steps: number;
  /** How often, out of a thousand steps, something bad happens to a node or a link. */
  readonly faultsPerMille: number;
  readonly lose: number;
  readonly duplicate: number;
  readonly reorder: number;
  /** What differs from the default configuration, for all nodes alike. */
  readonly config: Partial<Config>;
}

/** Draws the settings of a run. */
export function drawSettings(random: Random, steps: number): Settings {
  const chance = (probability: number) => random() < probability;
  const oneOf = <T>(...choices: readonly T[]): T => choices[randomInt(random, 0, choices.length)] as T;
  const checkQuorum = chance(0.5);
  return {
    voters: oneOf(1, 2, 3, 3, 3, 4, 5, 5),
    nodesMax: 7,
    asynchronous: chance(0.7),
    steps,
    faultsPerMille: oneOf(0, 5, 20, 60),
    lose: oneOf(0, 0.01, 0.1, 0.3),
    duplicate: oneOf(0, 0.02, 0.1),
    reorder: oneOf(0, 0.1, 0.5),
    config: {
      electionTick: 10,
      heartbeatTick: oneOf(1, 3),
      maxSizePerMsg: oneOf(0, 30, 200, NO_LIMIT),
      maxInflightMsgs: oneOf(1, 2, 8, 256),
      checkQuorum,
      preVote: chance(0.5),
      skipBcastCommit: chance(0.2),
      batchAppend: chance(0.3),
      maxCommittedSizePerReady: oneOf(1, 40, NO_LIMIT, NO_LIMIT),
      maxUncommittedSize: oneOf(200, NO_LIMIT, NO_LIMIT),
      disableProposalForwarding: chance(0.3),
      stepDownOnRemoval: chance(0.5),
      piggybackCommit: chance(0.5),
      readOnlyOption: 'safe',
    },
  };
}

/** The configuration of one node of the run. */
export function configOf(settings: Settings, id: number, applied: number, random: Random): Config {
  const config = { ...defaultConfig(id, random, silentLogger), ...settings.config, applied };
  return { ...config, maxUncommittedSize: Math.max(config.maxUncommittedSize, config.maxSizePerMsg) };
}
