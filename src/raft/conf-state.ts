import type { ConfState } from '../gen/raft/v1/raft.js';

/** Ids of all sets of a configuration; none where there is no configuration. */
export function configuredIds(confState: ConfState | undefined): Set<number> {
  if (confState === undefined) return new Set();
  const { voters, votersOutgoing, learners, learnersNext } = confState;
  return new Set([...voters, ...votersOutgoing, ...learners, ...learnersNext]);
}
