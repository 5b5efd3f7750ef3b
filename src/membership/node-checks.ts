import { type CheckInput, fail, ok, type Verdict, warn } from './check-input.js';
import type { SaidFacts } from './planning-facts.js';
import type { TargetSets } from './target.js';
import { quorumNeeded } from './tolerance.js';
import { amount, braces, byteSize, listIds, nodeName } from './words.js';

/** Checks of the nodes themselves: whether they are who they must be, and have what they need. What is not known does not fail. */

/** Bytes of snapshots from which on sending them is worth a warning. */
const DISK_TRAFFIC_WARN_BYTES = 64 * 1024 * 1024;

/** Free space that a receiver of a snapshot needs, in snapshots: the file, and the data that is loaded from it. */
const SNAPSHOTS_ROOM = 2;

/** Wall clocks only date what people read, so this is where a date begins to mislead. */
const CLOCK_SKEW_WARN_MS = 1000;

/**
 * Ids of voters that left: one that comes back with an empty disk would have forgotten what it voted for and acknowledged, and could undo
 * what was committed. With its own data directory it may return; that it is that one is held against every hello afterwards.
 */
export function idReuse(input: CheckInput): Verdict {
  const { facts } = input;
  const added = addedIds(input);
  const returning = facts.removed.filter(({ member }) => member !== undefined && added.includes(member.id));
  if (returning.length === 0) return ok(`${amount(added.length, 'id')} added, none of which was a voter before`);
  const problems = returning.flatMap(({ member, removedIndex }) => {
    const id = member?.id ?? 0;
    const said = facts.said.get(id)?.instance;
    const left = `${id} was a voter until index ${removedIndex}`;
    if (member?.instance === undefined) return `${left}, with a data directory that is not known`;
    return said !== undefined && said !== member.instance ? `${left}, and comes back with another data directory` : [];
  });
  if (problems.length > 0) return fail(`${problems.join('; ')}: a new node needs an id that nobody had`);
  const ids = listIds(returning.map(({ member }) => member?.id ?? 0));
  return ok(`${ids} was a voter before: it may return with its own data directory only`);
}

/** Whether new nodes belong to no other cluster, and not to this one as it was before it was recovered. */
export function nodeIdentity(input: CheckInput): Verdict {
  const { facts } = input;
  const problems = saidByAdded(input).flatMap(({ id, said }) => {
    const { clusterId = '', incarnation } = said;
    const name = nodeName(facts, id);
    if (clusterId === '') return [];
    if (clusterId !== facts.clusterId) return `${name} belongs to another cluster, ${clusterId}`;
    return incarnation === facts.incarnation
      ? []
      : `${name} is of incarnation ${incarnation} of the cluster, which is at ${facts.incarnation}`;
  });
  if (problems.length > 0) return fail(problems.join('; '));
  return fine(input, 'clusterId', 'of no other cluster');
}

/** Nodes of one major version understand each other. */
export function versionCompat(input: CheckInput): Verdict {
  const { facts } = input;
  const major = (version: string) => version.split('.')[0];
  const problems = saidByAdded(input).flatMap(({ id, said: { version } }) =>
    version === undefined || major(version) === major(facts.version) ? [] : `${nodeName(facts, id)} runs ${version}`,
  );
  if (problems.length > 0) return fail(`${problems.join('; ')}, the leader ${facts.version}: another major version`);
  return fine(input, 'version', `of the leader's major version, ${facts.version}`);
}

/** Whether the loss of one zone alone would stop writes after the change, and would not now. */
export function zoneSpof(input: CheckInput): Verdict {
  const { facts, now, target } = input;
  const members = new Map([...facts.members, ...target.members].map((member) => [member.id, member]));
  const fatalZone = ({ voters }: TargetSets): { zone: string; ids: number[] } | undefined => {
    const byZone = new Map<string, number[]>();
    for (const id of voters) {
      const zone = members.get(id)?.zone;
      if (zone !== undefined) byZone.set(zone, [...(byZone.get(zone) ?? []), id]);
    }
    const fatal = [...byZone].find(([, ids]) => voters.length - ids.length < quorumNeeded(voters.length));
    return fatal === undefined ? undefined : { zone: fatal[0], ids: fatal[1] };
  };
  const placed = target.voters.filter((id) => members.get(id)?.zone !== undefined);
  if (placed.length === 0) return ok('the zones of the new voters are not known');
  const after = fatalZone(target);
  if (after === undefined) return ok(`no zone alone holds what the new voters ${braces(target.voters)} need`);
  const holds = `zone ${after.zone} has ${listIds(after.ids)} of the new voters ${braces(target.voters)}`;
  if (fatalZone(now) !== undefined) return ok(`${holds}; without a zone writes stop now, too`);
  return warn(`${holds}: its loss alone stops writes, which no zone's does now`);
}

/** What sending snapshots costs. */
export function diskTraffic(input: CheckInput): Verdict {
  const { facts } = input;
  const receivers = snapshotReceivers(input);
  if (receivers.length === 0) return ok('no snapshot has to be sent');
  const bytes = facts.snapshotBytes * receivers.length;
  const sender = facts.leader === 0 ? 'the leader' : nodeName(facts, facts.leader);
  const size =
    facts.snapshotBytes === 0 ? 'a snapshot of unknown size' : `a snapshot of ${byteSize(facts.snapshotBytes)}`;
  const message = `${sender} must send ${size} to ${listIds(receivers)}, ${byteSize(bytes)} in all`;
  return bytes >= DISK_TRAFFIC_WARN_BYTES ? warn(message) : ok(message);
}

/** Whether nodes that need a snapshot have room for it. */
export function diskSpace(input: CheckInput): Verdict {
  const { facts } = input;
  const needed = SNAPSHOTS_ROOM * facts.snapshotBytes;
  const receivers = snapshotReceivers(input).map((id) => ({ id, free: facts.said.get(id)?.diskFreeBytes }));
  const short = receivers.filter(({ free }) => free !== undefined && free < needed);
  if (short.length > 0) {
    const each = short.map(({ id, free = 0 }) => `${nodeName(facts, id)} has ${byteSize(free)} free`).join('; ');
    return fail(`${each}, and needs ${byteSize(needed)} for a snapshot of ${byteSize(facts.snapshotBytes)}`);
  }
  const unknown = receivers.filter(({ free }) => free === undefined).map(({ id }) => id);
  if (unknown.length > 0)
    return ok(`the free space of ${listIds(unknown)} is not known; ${byteSize(needed)} are needed`);
  return ok(
    receivers.length === 0 ? 'no snapshot has to be sent' : `there is room for a snapshot on all that need one`,
  );
}

export function clockSkew({ facts, target }: CheckInput): Verdict {
  const offsets = [...target.voters, ...target.learners].flatMap((id) => {
    const offsetMs = facts.said.get(id)?.clockOffsetMs;
    return offsetMs === undefined ? [] : { id, offsetMs };
  });
  const off = offsets.filter(({ offsetMs }) => Math.abs(offsetMs) >= CLOCK_SKEW_WARN_MS);
  if (off.length === 0) return ok(`${amount(offsets.length, 'clock')} compared, none is off by a second`);
  const each = off.map(({ id, offsetMs }) => {
    const seconds = (Math.abs(offsetMs) / 1000).toFixed(1);
    return `the clock of ${nodeName(facts, id)} is ${seconds} s ${offsetMs > 0 ? 'ahead of' : 'behind'} the leader's`;
  });
  return warn(`${each.join('; ')}: dates of what happens will not fit together`);
}

/** Ids of the target that are not in the configuration now. */
export function addedIds({ now, target }: CheckInput): number[] {
  return [...target.voters, ...target.learners].filter((id) => !now.voters.includes(id) && !now.learners.includes(id));
}

/** What the nodes said of themselves that are to be added. */
function saidByAdded(input: CheckInput): { id: number; said: SaidFacts }[] {
  return addedIds(input).flatMap((id) => {
    const said = input.facts.said.get(id);
    return said === undefined ? [] : { id, said };
  });
}

/** That nothing speaks against the new nodes of which `what` is known, and of whom it is not. */
export function fine(input: CheckInput, what: keyof SaidFacts, sentence: string): Verdict {
  const added = addedIds(input);
  const known = saidByAdded(input).flatMap(({ id, said }) => (said[what] === undefined ? [] : id));
  const silent = added.filter((id) => !known.includes(id));
  const parts = [
    ...(known.length > 0 || added.length === 0 ? [`${amount(known.length, 'new node')}, ${sentence}`] : []),
    ...(silent.length > 0 ? [`${listIds(silent)} said nothing of it yet`] : []),
  ];
  return ok(parts.join('; '));
}

/** Who needs what the leader's log does not have any more. */
function snapshotReceivers({ facts, now, target }: CheckInput): number[] {
  const before = [...now.voters, ...now.learners];
  return [...target.voters, ...target.learners].filter((id) => {
    const match = before.includes(id) ? facts.progress.get(id)?.match : 0;
    return id !== facts.leader && match !== undefined && match + 1 < facts.firstIndex;
  });
}
