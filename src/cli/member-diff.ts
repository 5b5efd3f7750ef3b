import { RaftctlError } from '../base/errors.js';
import type { MemberSpec, SpecMember } from './member-spec.js';
import type { MemberData, MemberListData } from './members-data.js';
import { escapeControl, type Style } from './style.js';

/** `data` of `member diff`. */
export interface MemberDiffData {
  readonly same: boolean;
  readonly differences: readonly MemberDifference[];
  /** Commands that make the cluster what the file describes, in order. */
  readonly commands: readonly string[];
}

/** One member that is not as it is described; `set` is null where it is none. */
export interface MemberDifference {
  readonly id: number;
  readonly kind: 'add' | 'remove' | 'change';
  readonly now: DescribedMember | null;
  readonly wanted: DescribedMember | null;
}

/** What is compared of a member. */
export interface DescribedMember {
  readonly set: 'voter' | 'learner';
  readonly name: string | null;
  readonly address: string | null;
  readonly zone: string | null;
  readonly priority: number | null;
}

/** Compares what is there with what a file describes; what the file does not say of a member is not compared. */
export function diffMembers(list: MemberListData, spec: MemberSpec, clusterId: string): MemberDiffData {
  if (spec.clusterId !== undefined && spec.clusterId !== clusterId) {
    throw new RaftctlError('E_WRONG_CLUSTER', 'the file describes another cluster', {
      facts: [`described ${spec.clusterId}`, `this one  ${clusterId}`],
    });
  }
  const now = new Map(list.members.map((member) => [member.id, describedNow(member)]));
  const wanted = new Map([
    ...spec.voters.map((member) => [member.id, describedIn('voter', member, now)] as const),
    ...spec.learners.map((member) => [member.id, describedIn('learner', member, now)] as const),
  ]);
  const ids = [...new Set([...now.keys(), ...wanted.keys()])].sort((a, b) => a - b);
  const differences = ids.flatMap((id) => difference(id, now.get(id) ?? null, wanted.get(id) ?? null));
  return { same: differences.length === 0, differences, commands: commandsFor(differences, wanted) };
}

/** The differences for people, one line a member, and what would make them go. */
export function memberDiffText({ same, differences, commands }: MemberDiffData, style: Style): string {
  if (same) return 'the cluster is as the file describes it';
  const lines = differences.map(({ id, kind, now, wanted }) => {
    const sign = { add: '+', remove: '-', change: '~' }[kind];
    return style.bold(
      `${sign} ${id}  ${escapeControl(kind === 'change' ? changed(now, wanted) : wordsOf(wanted ?? now))}`,
    );
  });
  return [...lines, '', 'would be made so by:', ...commands.map((command) => `  ${command}`)].join('\n');
}

/** With what a command ends that was asked for an exit code. */
export function differenceError({ differences }: MemberDiffData, file: string): RaftctlError {
  const ids = differences.map(({ id }) => id).join(', ');
  return new RaftctlError('E_DIFFERS', `the cluster is not what ${file} describes: members ${ids} differ`);
}

function describedNow({ set, name, address, zone, priority }: MemberData): DescribedMember {
  const votes = set === 'voter' || set === 'voter(in)';
  return { set: votes ? 'voter' : 'learner', name, address, zone, priority };
}

/** What the file leaves open is as it is. */
function describedIn(
  set: DescribedMember['set'],
  member: SpecMember,
  now: ReadonlyMap<number, DescribedMember>,
): DescribedMember {
  const known = now.get(member.id);
  return {
    set,
    name: member.name ?? known?.name ?? null,
    address: member.address ?? known?.address ?? null,
    zone: member.zone ?? known?.zone ?? null,
    priority: member.priority ?? known?.priority ?? null,
  };
}

function difference(id: number, now: DescribedMember | null, wanted: DescribedMember | null): MemberDifference[] {
  if (now === null) return [{ id, kind: 'add', now, wanted }];
  if (wanted === null) return [{ id, kind: 'remove', now, wanted }];
  return changedFields(now, wanted).length === 0 ? [] : [{ id, kind: 'change', now, wanted }];
}

const fields = ['set', 'name', 'address', 'zone', 'priority'] as const;

function changedFields(now: DescribedMember, wanted: DescribedMember): (typeof fields)[number][] {
  return fields.filter((field) => now[field] !== wanted[field]);
}

function changed(now: DescribedMember | null, wanted: DescribedMember | null): string {
  if (now === null || wanted === null) return '';
  return changedFields(now, wanted)
    .map((field) => `${field === 'set' ? '' : `${field} `}${now[field] ?? '-'} -> ${wanted[field] ?? '-'}`)
    .join(', ');
}

function wordsOf(member: DescribedMember | null): string {
  if (member === null) return '';
  const { set, name, address, zone } = member;
  return [set, name, address, zone === null ? null : `zone ${zone}`].filter((word) => word !== null).join('  ');
}

/** Members that stay are updated first; a new one brings what is known of it along. */
function commandsFor(differences: readonly MemberDifference[], wanted: ReadonlyMap<number, DescribedMember>): string[] {
  const updates = differences.flatMap(({ id, now, wanted: next }) => (now && next ? updateCommand(id, now, next) : []));
  const moved = differences.some(({ now, wanted: next }) => now?.set !== next?.set);
  if (!moved) return updates;
  const ids = (set: DescribedMember['set']) => [...wanted].filter(([, member]) => member.set === set).map(([id]) => id);
  const list = (all: readonly number[]) => (all.length === 0 ? 'none' : [...all].sort((a, b) => a - b).join(','));
  const peers = differences.flatMap(({ id, kind, wanted: next }) =>
    kind === 'add' && next?.address ? [`--peer ${id}=${next.address}`] : [],
  );
  const sets = `--voters ${list(ids('voter'))} --learners ${list(ids('learner'))}`;
  return [...updates, ['raftctl member change', sets, ...peers].join(' '), ...newcomers(differences)];
}

/** A change takes addresses along and nothing else of a new member. */
function newcomers(differences: readonly MemberDifference[]): string[] {
  const bare: DescribedMember = { set: 'voter', name: null, address: null, zone: null, priority: null };
  return differences.flatMap(({ id, kind, wanted }) => {
    if (kind !== 'add' || wanted === null) return [];
    return updateCommand(id, { ...bare, set: wanted.set, address: wanted.address }, wanted);
  });
}

function updateCommand(id: number, now: DescribedMember, wanted: DescribedMember): string[] {
  const flags = changedFields(now, wanted)
    .filter((field) => field !== 'set')
    .map((field) => `--${field} ${quoted(String(wanted[field] ?? ''))}`);
  return flags.length === 0 ? [] : [`raftctl member update ${id} ${flags.join(' ')}`];
}

/** As a shell takes it for one word. */
function quoted(text: string): string {
  return /^[\w.:,@/[\]-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
