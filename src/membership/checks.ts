import type { ErrorCode } from '../base/error-codes.js';
import { RaftctlError } from '../base/errors.js';
import { CheckStatus, type PlanCheck } from '../gen/raftctl/v1/member.js';
import { featureCompat, tlsIdentity } from './ability-checks.js';
import type { CheckInput, Verdict } from './check-input.js';
import {
  configIndex,
  leaderRemoved,
  leaderStable,
  noChangeInFlight,
  noTransferInFlight,
  targetKnown,
  targetNonempty,
} from './leader-checks.js';
import { clockSkew, diskSpace, diskTraffic, idReuse, nodeIdentity, versionCompat, zoneSpof } from './node-checks.js';
import type { PlanningFacts } from './planning-facts.js';
import {
  evenVoters,
  incomingQuorumLive,
  learnerReady,
  outgoingQuorumLive,
  promotesNothing,
  toleranceLoss,
} from './quorum-checks.js';
import { amount } from './words.js';

/** The checks by their ids, which scripts rely on, in the order in which they are shown. */
const checks = {
  'leader-stable': leaderStable,
  'no-change-in-flight': noChangeInFlight,
  'no-transfer-in-flight': noTransferInFlight,
  'config-index': configIndex,
  'target-nonempty': targetNonempty,
  'target-known': targetKnown,
  'tolerance-loss': toleranceLoss,
  'even-voters': evenVoters,
  'incoming-quorum-live': incomingQuorumLive,
  'outgoing-quorum-live': outgoingQuorumLive,
  'learner-ready': learnerReady,
  'id-reuse': idReuse,
  'node-identity': nodeIdentity,
  'version-compat': versionCompat,
  'feature-compat': featureCompat,
  'tls-identity': tlsIdentity,
  'zone-spof': zoneSpof,
  'disk-space': diskSpace,
  'leader-removed': leaderRemoved,
  'disk-traffic': diskTraffic,
  'clock-skew': clockSkew,
} as const satisfies Record<string, (input: CheckInput) => Verdict>;

/** Id of a check. */
export type CheckId = keyof typeof checks;

/** Checks that say that this is not the moment: nobody can accept that. With what a call that fails one of them ends. */
const notNow: ReadonlyMap<string, ErrorCode> = new Map<CheckId, ErrorCode>([
  ['leader-stable', 'E_NO_LEADER'],
  ['config-index', 'E_CONFLICT'],
  ['no-change-in-flight', 'E_CHANGE_RUNNING'],
  ['no-transfer-in-flight', 'E_TRANSFER_IN_PROGRESS'],
  // Replicas that understand a log in different ways are no replicas any more.
  ['feature-compat', 'E_REFUSED'],
]);

/** Every check that can be judged from the facts, with its verdict. */
export function judge(input: CheckInput): PlanCheck[] {
  return Object.entries(checks).map(([id, check]) => ({ id, ...check(input) }));
}

/** Checks that failed for what is no risk but a certainty. */
export function certainties(input: CheckInput): Set<string> {
  return new Set<CheckId>(promotesNothing(input) ? ['learner-ready'] : []);
}

/**
 * The ids that a request accepts.
 * @param unchanged nothing is to be done: a repeated request may accept what was accepted the first time
 * @throws RaftctlError E_USAGE for an id that no check has, that cannot be accepted, or whose check is fine, so that a stale script
 * does not accept more than its author knew
 */
export function acceptedRisks(ids: readonly string[], verdicts: readonly PlanCheck[], unchanged: boolean): Set<string> {
  for (const id of ids) {
    const check = verdicts.find((verdict) => verdict.id === id);
    if (check === undefined) {
      throw new RaftctlError('E_USAGE', `no check has the id ${id}`, { facts: Object.keys(checks) });
    }
    if (notNow.has(id)) throw new RaftctlError('E_USAGE', `the check ${id} cannot be accepted as a risk`);
    if (check.status === CheckStatus.OK && !unchanged) {
      throw new RaftctlError('E_USAGE', `there is no risk ${id} to accept: ${check.message}`);
    }
  }
  return new Set(ids);
}

/**
 * Why a change must not be carried out: the checks that failed and are not accepted.
 * @param certain checks that nobody can accept
 */
export function refusalOf(
  facts: PlanningFacts,
  verdicts: readonly PlanCheck[],
  accepted: ReadonlySet<string>,
  certain: ReadonlySet<string>,
): RaftctlError | undefined {
  const failed = verdicts.filter(
    ({ id, status }) => status === CheckStatus.FAIL && (certain.has(id) || !accepted.has(id)),
  );
  if (failed.length === 0) return undefined;
  const moment = failed.find(({ id }) => notNow.has(id));
  if (moment !== undefined) {
    const isToBeLeft = moment.id === 'no-change-in-flight' && isLeftBehind(facts);
    const hint = isToBeLeft ? leaveHint : 'raftctl status';
    return new RaftctlError(notNow.get(moment.id) ?? 'E_REFUSED', moment.message, { facts: factsOf(failed), hint });
  }
  const message = `${amount(failed.length, 'check')} failed: ${failed.map(({ id }) => id).join(', ')}`;
  return new RaftctlError('E_REFUSED', message, {
    facts: factsOf(failed),
    hint: failed.some(({ id }) => certain.has(id))
      ? 'put it right: this cannot be accepted'
      : `put it right, or accept it: --accept-risk ${failed.map(({ id }) => id).join()}`,
  });
}

const leaveHint = 'raftctl member change leave, or back: raftctl member change abort';

/** Joint, and no change runs that would leave it. */
function isLeftBehind({ confState, runningChange }: PlanningFacts): boolean {
  return confState.votersOutgoing.length > 0 && runningChange === '';
}

function factsOf(failed: readonly PlanCheck[]): string[] {
  return failed.map(({ id, message }) => `${id}  ${message}`);
}
