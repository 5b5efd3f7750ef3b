import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { Flags } from '@oclif/core';
import type { ChangeMembersRequest } from '../client/index.js';
import { durationFlag, idFlag, numberFlag, requestIdFlag } from './flags.js';
import { type PromotionFlagValues, promotionOf } from './promotion-flags.js';

const helpGroup = 'CHANGE';

/** How long a command waits for the end of a change. */
export const waitFlags = {
  wait: Flags.boolean({ description: 'wait for the end of the change', default: true, allowNo: true, helpGroup }),
  'wait-timeout': durationFlag({
    description: 'longest time to wait; the change goes on afterwards',
    default: 300_000,
    defaultHelp: async () => '5m',
    helpGroup,
  }),
};

/** What says what a change may do, and what it must find. */
export const planFlags = {
  'accept-risk': Flags.string({
    description: 'id of a check that may fail',
    helpValue: 'CHECK',
    multiple: true,
    multipleNonGreedy: true,
    delimiter: ',',
    helpGroup,
  }),
  'if-config-index': numberFlag({
    description: 'refuse unless this is the index of the configuration',
    min: 1,
    helpValue: 'N',
    helpGroup,
  }),
  'max-lag': numberFlag({
    description: 'entries that a new voter may lag behind when it is promoted',
    min: 1,
    helpValue: 'N',
    helpGroup,
  }),
  stall: durationFlag({
    description: 'give up when a new voter makes no progress for so long',
    helpGroup,
  }),
  'leader-after': idFlag({ description: 'who is to lead afterwards, a voter of the target', helpGroup }),
  reason: Flags.string({ description: 'why, for the log', helpValue: 'TEXT', helpGroup }),
  'request-id': requestIdFlag({
    description: 'id of this change, 1 to 64 bytes: a retry with the same one is the same change',
    helpGroup,
  }),
};

/** What every change of the members understands. */
export const changeFlags = {
  'dry-run': Flags.boolean({ description: 'let the server plan and check, and change nothing', helpGroup }),
  yes: Flags.boolean({ char: 'y', description: 'do not ask when a check warns', helpGroup }),
  ...planFlags,
  ...waitFlags,
};

/** Values of the flags that make a plan. */
export interface PlanFlagValues extends PromotionFlagValues {
  readonly 'accept-risk'?: string[] | undefined;
  readonly 'if-config-index'?: number | undefined;
  readonly 'request-id'?: string | undefined;
  readonly reason?: string | undefined;
  readonly 'max-lag'?: number | undefined;
  readonly stall?: number | undefined;
  readonly 'leader-after'?: number | undefined;
}

/** Values of the change flags. */
export interface ChangeFlagValues extends PlanFlagValues {
  readonly 'dry-run': boolean;
  readonly yes: boolean;
  readonly wait: boolean;
  readonly 'wait-timeout': number;
}

/** What a change is to make of the cluster; the rest of the request comes from the flags. */
export type ChangeTarget = Pick<ChangeMembersRequest, 'voters' | 'learners'> &
  Partial<Pick<ChangeMembersRequest, 'peers' | 'explicitLeave' | 'ifConfigIndex' | 'planHash' | 'requestId'>>;

/** The request that a target and the flags mean: what is given on the command line goes before what the target brings. */
export function toRequest(target: ChangeTarget, flags: PlanFlagValues, dryRun: boolean): ChangeMembersRequest {
  return {
    voters: target.voters,
    learners: target.learners,
    peers: target.peers ?? [],
    explicitLeave: target.explicitLeave ?? false,
    planHash: target.planHash,
    ifConfigIndex: flags['if-config-index'] ?? target.ifConfigIndex ?? 0,
    dryRun,
    requestId: flags['request-id'] ?? target.requestId ?? newChangeId(),
    reason: flags.reason ?? '',
    maxLag: flags['max-lag'] ?? 0,
    acceptRisks: flags['accept-risk'] ?? [],
    leaderAfter: flags['leader-after'],
    stallMs: flags.stall,
    ...promotionOf(flags),
    by: whoAsks(),
  };
}

/** Digits that nobody takes for one another. */
const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const changeIdDigits = 12;

/** A new id of a change: short enough to be typed, and of 60 random bits, of which a cluster does not see the same twice. */
export function newChangeId(): string {
  return Array.from(randomBytes(changeIdDigits), (byte) => digits[byte % digits.length]).join('');
}

/** `user@host`, as the operating system has it; for people, not a proof of anything. */
export function whoAsks(): string {
  return `${userName()}@${hostname()}`.replaceAll(/\p{C}/gu, '').slice(0, whoCharsMax);
}

const whoCharsMax = 64;

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id that has no name.
    return String(process.getuid?.() ?? 'unknown');
  }
}
