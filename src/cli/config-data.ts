import type { ChangeRecord, ConfState } from '../client/index.js';

/** A configuration as documents carry it. */
export interface ConfigData {
  readonly index: number;
  readonly phase: 'stable' | 'joint';
  readonly joint: boolean;
  readonly voters: readonly number[];
  readonly votersOutgoing: readonly number[];
  readonly learners: readonly number[];
  readonly learnersNext: readonly number[];
  /** Whether a joint configuration is left without anybody asking for it. */
  readonly autoLeave: boolean;
}

/** Where a node stands in a configuration. */
export type SetName = 'voter' | 'learner' | 'voter(in)' | 'voter(out)' | 'learner(next)' | '-';

/**
 * A configuration and its index as data, every set ascending; a node without one has no members.
 * @param change the change that runs, which leaves the joint configuration that it entered unless that is to be done by hand
 */
export function toConfigData(index: number, given: ConfState | undefined, change?: ChangeRecord): ConfigData {
  const confState = given ?? emptyConfState;
  const sorted = (ids: readonly number[]) => [...ids].sort((a, b) => a - b);
  const joint = confState.votersOutgoing.length > 0;
  return {
    index,
    phase: joint ? 'joint' : 'stable',
    joint,
    voters: sorted(confState.voters),
    votersOutgoing: sorted(confState.votersOutgoing),
    learners: sorted(confState.learners),
    learnersNext: sorted(confState.learnersNext),
    autoLeave: confState.autoLeave || (joint && change?.request?.explicitLeave === false),
  };
}

const emptyConfState: ConfState = { voters: [], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };

/** The set that a node belongs to. While joint a voter is `voter` where it is in both halves. */
export function setOf(id: number, config: ConfigData): SetName {
  const incoming = config.voters.includes(id);
  const outgoing = config.votersOutgoing.includes(id);
  if (incoming) return config.joint && !outgoing ? 'voter(in)' : 'voter';
  if (config.learnersNext.includes(id)) return 'learner(next)';
  if (outgoing) return 'voter(out)';
  return config.learners.includes(id) ? 'learner' : '-';
}

/** `stable @118   voters 1,2,3   learners 4`. */
export function configText(config: ConfigData): string {
  return configParts(config).join('   ');
}

/** The same in its parts. */
export function configParts(config: ConfigData): string[] {
  const { phase, index, joint, voters, votersOutgoing, learners, learnersNext, autoLeave } = config;
  const parts = [`${phase} @${index}`, `voters ${voters.join(',')}`];
  if (joint) parts.push(`and of before ${votersOutgoing.join(',')}`);
  if (learners.length > 0) parts.push(`learners ${learners.join(',')}`);
  if (learnersNext.length > 0) parts.push(`learners next ${learnersNext.join(',')}`);
  if (joint) parts.push(autoLeave ? 'left automatically' : 'to be left by hand');
  return parts;
}
