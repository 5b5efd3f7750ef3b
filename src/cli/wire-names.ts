import type {
  ChangePhase,
  ChangeResult,
  CheckStatus,
  EventType,
  PeerProgress,
  PromoteWhen,
  Role,
  SpaceLevel,
  StateHashPhase,
} from '../client/index.js';

// The enums of the wire as the words that people and documents use. Written as numbers so that nothing of the generated code, and
// with it gRPC, is loaded for them; the types hold the lists complete.

/** Words for a node's role. */
export const roleNames: Record<Role, string> = {
  0: 'unknown',
  1: 'follower',
  2: 'pre-candidate',
  3: 'candidate',
  4: 'leader',
  5: 'learner',
  6: 'removed',
};

/** Words for the state of the leader's tracker of a node. */
export const progressNames: Record<PeerProgress['state'], 'unknown' | 'probe' | 'replicate' | 'snapshot'> = {
  0: 'unknown',
  1: 'probe',
  2: 'replicate',
  3: 'snapshot',
};

/** Words for whether a disk has room. */
export const spaceNames: Record<SpaceLevel, 'unknown' | 'ample' | 'low' | 'full'> = {
  0: 'unknown',
  1: 'ample',
  2: 'low',
  3: 'full',
};

/** Words for how far a node has come with the hash of its state. */
export const hashPhaseNames: Record<StateHashPhase, 'unknown' | 'waiting' | 'running' | 'done' | 'missed'> = {
  0: 'unknown',
  1: 'waiting',
  2: 'running',
  3: 'done',
  4: 'missed',
};

/** Words for the phases of a change of the members. */
export const phaseNames: Record<ChangePhase, string> = {
  0: 'unknown',
  1: 'planned',
  2: 'adding-learners',
  3: 'catching-up',
  4: 'entering-joint',
  5: 'joint',
  6: 'leaving-joint',
  7: 'verifying',
  8: 'done',
  9: 'failed',
  10: 'changing',
  11: 'handing-over',
  12: 'aborting',
  13: 'aborted',
  14: 'stuck',
  15: 'in-doubt',
  16: 'ready',
};

/** Words for when new voters are promoted. */
export const promoteWhenNames: Record<PromoteWhen, 'unknown' | 'ready' | 'manual' | 'voter-down'> = {
  0: 'unknown',
  1: 'ready',
  2: 'manual',
  3: 'voter-down',
};

/** Words for what became of a change of the members. */
export const resultNames: Record<ChangeResult, 'unknown' | 'running' | 'done' | 'aborted' | 'failed'> = {
  0: 'unknown',
  1: 'running',
  2: 'done',
  3: 'aborted',
  4: 'failed',
};

/** Words for how a check came out. */
export const checkNames: Record<CheckStatus, 'unknown' | 'ok' | 'warn' | 'fail'> = {
  0: 'unknown',
  1: 'ok',
  2: 'warn',
  3: 'fail',
};

/** Words for the kind of a log entry. */
export const entryTypeNames = { 0: 'normal', 1: 'conf-change', 2: 'conf-change-v2' } as const;

/** Words for the types of what happened, in the order of the wire. */
export const eventTypeNames: Record<EventType, string> = {
  0: 'unknown',
  1: 'leader',
  2: 'config',
  3: 'change',
  4: 'health',
  5: 'snapshot',
  6: 'member',
  7: 'recovery',
  8: 'alarm',
  9: 'audit',
};
