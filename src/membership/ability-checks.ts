import type { Feature } from '../base/features.js';
import type { ChangeMembersRequest, Member } from '../gen/raftctl/v1/member.js';
import { type CheckInput, fail, ok, type Verdict } from './check-input.js';
import { addedIds, fine } from './node-checks.js';
import type { PlanningFacts } from './planning-facts.js';
import { amount, listIds, nodeName } from './words.js';

/**
 * Whether all nodes can apply what is written: new ones what the members write among themselves, and all of them what this change writes.
 * Who was never heard of is not held to it.
 */
export function featureCompat(input: CheckInput): Verdict {
  const { facts, request, target } = input;
  const inUse = facts.features.filter((feature) => lacking(facts, memberIds(input), feature).length === 0);
  const written = featuresOf(request);
  const everybody = [...new Set([...memberIds(input), ...target.voters, ...target.learners])];
  const problems = [
    ...inUse.flatMap((feature) => told(facts, lacking(facts, addedIds(input), feature), feature, 'the cluster uses')),
    ...written
      .filter((feature) => !inUse.includes(feature))
      .flatMap((feature) => told(facts, lacking(facts, everybody, feature), feature, 'this change writes')),
  ];
  if (problems.length > 0) return fail(`${problems.join('; ')}: upgrade first`);
  return fine(input, 'abilities', `with the ${amount(inUse.length, 'feature')} that the cluster uses`);
}

/** Whether the certificates of new nodes, and of those with a new address, are for the addresses at which they are dialled. */
export function tlsIdentity(input: CheckInput): Verdict {
  const { facts, target } = input;
  const { certificateMismatch } = facts;
  if (certificateMismatch === undefined) return ok('the nodes speak in plain text');
  const dialled = target.members.filter(({ id, address }) => addressOf(facts.members, id) !== address);
  const known = dialled.flatMap(({ id, address }) => {
    const names = facts.said.get(id)?.abilities?.certificateNames;
    return names === undefined ? [] : { id, address, names };
  });
  const problems = known.flatMap(({ id, address, names }) => {
    const mismatch = certificateMismatch(address, names);
    if (mismatch === undefined) return [];
    const shown = names.length === 0 ? 'has no names' : `is for ${names.join(', ')}`;
    return `the certificate of ${nodeName(facts, id)} ${shown}, not for ${address}`;
  });
  if (problems.length > 0) return fail(problems.join('; '));
  const silent = dialled.filter(({ id }) => !known.some((other) => other.id === id)).map(({ id }) => id);
  const fit = `${amount(known.length, 'certificate')} compared with the address`;
  return ok(silent.length === 0 ? fit : `${fit}; ${listIds(silent)} said nothing of it yet`);
}

/** What a change writes that not every version understands. */
function featuresOf({ promotion, maxRounds, keepSpare }: ChangeMembersRequest): Feature[] {
  const hasPolicy = promotion !== undefined || maxRounds !== undefined || keepSpare !== undefined;
  return hasPolicy ? ['promotion-policies'] : [];
}

/** Those that are known not to understand a feature. */
function lacking({ said }: PlanningFacts, ids: readonly number[], feature: string): number[] {
  return ids.filter((id) => said.get(id)?.abilities?.features.includes(feature) === false);
}

function told(facts: PlanningFacts, ids: readonly number[], feature: string, what: string): string[] {
  return ids.map((id) => {
    const version = facts.said.get(id)?.version;
    const who = `${nodeName(facts, id)}${version === undefined ? '' : ` (${version})`}`;
    return `${who} does not understand ${feature}, which ${what}`;
  });
}

function memberIds({ now }: CheckInput): number[] {
  return [...now.voters, ...now.learners];
}

function addressOf(members: readonly Member[], id: number): string | undefined {
  return members.find((member) => member.id === id)?.address;
}
