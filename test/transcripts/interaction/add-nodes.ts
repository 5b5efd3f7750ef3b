import type { Snapshot } from '../../../src/gen/raft/v1/raft.js';
import { type Config, NO_LIMIT } from '../../../src/raft/config.js';
import type { Directive } from '../datadriven.js';
import { booleanOf, firstNumber, namedArguments, numberOf } from './arguments.js';
import type { Environment } from './environment.js';
import { StepError } from './output.js';
import { StoryNode, storyConfig } from './story-node.js';

/** What `add-nodes` may say of a node's settings. */
const SETTINGS: Readonly<Record<string, (value: string) => Partial<Config>>> = {
  index: (value) => ({ applied: numberOf(value) }),
  inflight: (value) => ({ maxInflightMsgs: numberOf(value) }),
  prevote: (value) => ({ preVote: booleanOf(value) }),
  checkquorum: (value) => ({ checkQuorum: booleanOf(value) }),
  'max-committed-size-per-ready': (value) => ({ maxCommittedSizePerReady: numberOf(value) || NO_LIMIT }),
  'disable-conf-change-validation': (value) => ({ disableConfChangeValidation: booleanOf(value) }),
  'step-down-on-removal': (value) => ({ stepDownOnRemoval: booleanOf(value) }),
  'read-only': (value) => ({ readOnlyOption: readOnlyOf(value) }),
  'piggyback-commit': (value) => ({ piggybackCommit: booleanOf(value) }),
  'batch-append': (value) => ({ batchAppend: booleanOf(value) }),
  'skip-bcast-commit': (value) => ({ skipBcastCommit: booleanOf(value) }),
  'max-uncommitted-size': (value) => ({ maxUncommittedSize: numberOf(value), maxSizePerMsg: numberOf(value) }),
  'disable-proposal-forwarding': (value) => ({ disableProposalForwarding: booleanOf(value) }),
  priority: (value) => ({ priority: numberOf(value) }),
  'async-storage-writes': (value) => {
    if (booleanOf(value))
      throw new StepError('storage messages are not part of this core: its asynchronous way is onPersistReady');
    return {};
  },
};

/**
 * `add-nodes 3 voters=(1,2,3) learners=(4) index=2 content=foo …`: nodes with the next ids, all begun from the snapshot that `voters`,
 * `learners`, `index` and `content` make; without these, nodes that know of no group.
 */
export function addNodes({ nodes }: Environment, directive: Directive): void {
  const snapshot: Snapshot = {
    data: new Uint8Array(),
    metadata: {
      index: 0,
      term: 1,
      confState: { voters: [], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false },
    },
  };
  let settings: Partial<Config> = {};
  let bootstrap = false;
  for (const { key, values } of namedArguments(directive)) {
    bootstrap ||= ['voters', 'learners', 'index', 'content'].includes(key);
    for (const value of values) {
      settings = { ...settings, ...SETTINGS[key]?.(value) };
      fillSnapshot(snapshot, key, value);
    }
  }
  if (bootstrap && (snapshot.metadata?.index ?? 0) <= 1)
    throw new StepError('index must be specified as > 1 due to bootstrap');
  for (let count = firstNumber(directive); count > 0; count--) {
    const config = { ...storyConfig(nodes.length + 1), ...settings };
    nodes.push(new StoryNode(config, bootstrap ? snapshot : undefined));
  }
}

function fillSnapshot(snapshot: Snapshot, key: string, value: string): void {
  const { metadata } = snapshot;
  if (key === 'voters') metadata?.confState?.voters.push(numberOf(value));
  if (key === 'learners') metadata?.confState?.learners.push(numberOf(value));
  if (key === 'index' && metadata) metadata.index = numberOf(value);
  if (key === 'content') snapshot.data = new TextEncoder().encode(value);
}

function readOnlyOf(value: string): Config['readOnlyOption'] {
  if (value === 'safe' || value === 'lease-based') return value;
  throw new StepError(`invalid read-only option "${value}"`);
}
