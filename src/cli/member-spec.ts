import { writeFile } from 'node:fs/promises';
import { messageOf, RaftctlError } from '../base/errors.js';
import { normalizeAddress } from '../client/address.js';
import { reasonOf } from './file-reason.js';
import type { MemberListData } from './members-data.js';
import { fieldsOf, type Place, parseYaml, type Refuse, readYaml, textOf } from './yaml-file.js';

/** Who is to belong to a cluster, as a file says it. */
export interface MemberSpec {
  /** The cluster that is meant; undefined where the file does not say. */
  readonly clusterId: string | undefined;
  readonly voters: readonly SpecMember[];
  readonly learners: readonly SpecMember[];
}

/** One member; what is undefined is not the file's business. */
export interface SpecMember {
  readonly id: number;
  readonly name: string | undefined;
  readonly address: string | undefined;
  readonly zone: string | undefined;
  readonly priority: number | undefined;
}

/** The members of a cluster as the file that describes them. */
export function specOf({ members }: MemberListData, clusterId: string): MemberSpec {
  const inSets = (...sets: string[]) =>
    members
      .filter(({ set }) => sets.includes(set))
      .map(({ id, name, address, zone, priority }) => ({
        id,
        name,
        address,
        zone: zone ?? undefined,
        priority: priority ?? undefined,
      }));
  return { clusterId, voters: inSets('voter', 'voter(in)'), learners: inSets('learner', 'learner(next)') };
}

/** A description as YAML. */
export async function specText({ clusterId, voters, learners }: MemberSpec): Promise<string> {
  const { stringify } = await import('yaml');
  return stringify({ apiVersion: 'raftctl/v1', kind: 'MemberSpec', clusterId, voters, learners });
}

/** Writes a description. @throws RaftctlError E_USAGE naming the file */
export async function writeSpec(path: string, spec: MemberSpec): Promise<void> {
  try {
    await writeFile(path, await specText(spec));
  } catch (thrown) {
    throw new RaftctlError('E_USAGE', `cannot write ${path}: ${reasonOf(thrown)}`, { cause: thrown });
  }
}

/** Reads a description. @throws RaftctlError E_USAGE naming the file and the line */
export async function readSpec(path: string): Promise<MemberSpec> {
  const { value, refuse } = await readYaml(path, hint);
  return toSpec(value, refuse);
}

/** The description in a text. @throws RaftctlError E_USAGE naming the file and the line */
export async function parseSpec(path: string, text: string): Promise<MemberSpec> {
  const { value, refuse } = await parseYaml(path, text, hint);
  return toSpec(value, refuse);
}

const hint = 'raftctl member export prints one that is right';

const topFields = ['apiVersion', 'kind', 'clusterId', 'voters', 'learners'];
const memberFields = ['id', 'name', 'address', 'zone', 'priority'];

function toSpec(value: unknown, refuse: Refuse): MemberSpec {
  const top = fieldsOf(value, topFields, [], refuse);
  if (top['kind'] !== 'MemberSpec') refuse(['kind'], 'it must say "kind: MemberSpec"');
  if (top['apiVersion'] !== 'raftctl/v1') refuse(['apiVersion'], 'it must say "apiVersion: raftctl/v1"');
  const voters = membersOf(top['voters'], 'voters', refuse);
  const learners = membersOf(top['learners'], 'learners', refuse);
  if (voters.length === 0) refuse(['voters'], 'a cluster needs at least one voter');
  const ids = new Set(voters.map(({ id }) => id));
  for (const [place, { id }] of learners.entries()) {
    if (ids.has(id)) refuse(['learners', place], `node ${id} is a voter already`);
  }
  return { clusterId: textOf(top['clusterId'], ['clusterId'], refuse), voters, learners };
}

function membersOf(value: unknown, set: string, refuse: Refuse): SpecMember[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return refuse([set], `${set} must be a list of members`);
  const members = value.map((item, place) => memberOf(item, [set, place], refuse));
  for (const [place, { id }] of members.entries()) {
    const first = members.findIndex((member) => member.id === id);
    if (first !== place) refuse([set, place], `node ${id} stands there twice`);
  }
  return members;
}

function memberOf(value: unknown, place: Place, refuse: Refuse): SpecMember {
  const fields = fieldsOf(value, memberFields, place, refuse);
  const { id, priority } = fields;
  if (!isWhole(id) || id < 1) return refuse([...place, 'id'], 'a member needs an id: a number from 1 to 2^53-1');
  if (priority !== undefined && !isWhole(priority))
    return refuse([...place, 'priority'], 'a priority is a whole number');
  const address = textOf(fields['address'], [...place, 'address'], refuse);
  return {
    id,
    name: textOf(fields['name'], [...place, 'name'], refuse),
    address: address === undefined ? undefined : dialled(address, [...place, 'address'], refuse),
    zone: textOf(fields['zone'], [...place, 'zone'], refuse),
    priority,
  };
}

function dialled(address: string, place: Place, refuse: Refuse): string {
  try {
    return normalizeAddress(address);
  } catch (thrown) {
    return refuse(place, messageOf(thrown));
  }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
