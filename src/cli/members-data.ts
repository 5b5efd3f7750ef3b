import type { ClusterView, ListMembersResponse, Member, Tombstone } from '../client/index.js';
import { type ConfigData, type SetName, setOf, toConfigData } from './config-data.js';
import { type ClusterStatusData, toStatusData } from './status-data.js';
import { renderTable, type TableOptions } from './table.js';

/** `data` of `member list`. */
export interface MemberListData {
  readonly configIndex: number;
  readonly phase: ConfigData['phase'];
  readonly members: readonly MemberData[];
  /** Nodes that announced themselves and are not members. */
  readonly announced: readonly { readonly id: number; readonly name: string; readonly address: string }[];
  /** Voters that left: their ids do not come back with another data directory. */
  readonly removed: readonly RemovedData[];
}

/** One member; null is what nobody has said. */
export interface MemberData {
  readonly id: number;
  readonly name: string;
  readonly address: string;
  readonly set: SetName;
  readonly role: string;
  readonly status: 'up' | 'unreachable';
  readonly zone: string | null;
  readonly priority: number | null;
  readonly addedIndex: number;
  /** Random id of its data directory. */
  readonly instance: string | null;
}

/** A voter that left. */
export interface RemovedData {
  readonly id: number;
  readonly name: string;
  readonly address: string;
  readonly zone: string | null;
  readonly removedIndex: number;
  readonly removedAt: string | null;
}

/** Members as data, by id, with what their nodes say of themselves. */
export function toMemberListData(response: ListMembersResponse, view: ClusterView): MemberListData {
  const { confState, configIndex, members, announced, removed } = response;
  const config = toConfigData(configIndex, confState);
  const { nodes } = toStatusData(view, new Date());
  return {
    configIndex,
    phase: config.phase,
    members: members.map((member) => toMemberData(member, config, nodes)).sort((a, b) => a.id - b.id),
    announced: announced.map((node) => ({ id: node.id, name: nameOf(node), address: node.address })),
    removed: removed.flatMap(toRemovedData).sort((a, b) => a.id - b.id),
  };
}

function toMemberData(member: Member, config: ConfigData, nodes: ClusterStatusData['nodes']): MemberData {
  const { id, address, zone, priority, addedIndex, instance } = member;
  const node = nodes.find((candidate) => candidate.id === id);
  return {
    id,
    name: nameOf(member),
    address,
    set: setOf(id, config),
    role: node?.role ?? 'unknown',
    status: node?.reachable ? 'up' : 'unreachable',
    zone: zone || null,
    priority: priority ?? null,
    addedIndex,
    instance: instance ?? null,
  };
}

function toRemovedData({ member, removedIndex, removedMs }: Tombstone): RemovedData[] {
  if (member === undefined) return [];
  const { id, address, zone } = member;
  const removedAt = removedMs === 0 ? null : new Date(removedMs).toISOString();
  return [{ id, name: nameOf(member), address, zone: zone || null, removedIndex, removedAt }];
}

function nameOf({ id, name }: Pick<Member, 'id' | 'name'>): string {
  return name || `n${id}`;
}

/** What of the members is shown beside what is always shown. */
export interface MemberTableOptions extends TableOptions {
  readonly wide: boolean;
  /** Whether voters that left are listed too. */
  readonly removed: boolean;
}

/** Members as a table. */
export async function memberListText(data: MemberListData, options: MemberTableOptions): Promise<string> {
  const { wide, removed } = options;
  const heads = ['ID', 'NAME', 'ROLE', 'SET', 'ADDRESS', 'ZONE', 'ADDED', 'STATUS'];
  const columns = [...heads, ...(wide ? ['PRIORITY', 'INSTANCE'] : [])].map((head) => ({ head }));
  const rows = data.members.map((member) => {
    const { id, name, role, set, address, zone, addedIndex, status, priority, instance } = member;
    const more = [priority === null ? '-' : String(priority), instance ?? '-'];
    return [String(id), name, role, set, address, zone ?? '-', `@${addedIndex}`, status, ...(wide ? more : [])];
  });
  for (const { id, name, address } of data.announced) {
    rows.push([String(id), name, '-', '-', address, '-', '-', 'announced']);
  }
  for (const gone of removed ? data.removed : []) {
    const { id, name, address, zone, removedIndex, removedAt } = gone;
    const when = removedAt === null ? '' : ` ${removedAt.slice(0, 16).replace('T', ' ')}`;
    rows.push([String(id), name, 'removed', '-', address, zone ?? '-', '-', `removed @${removedIndex}${when}`]);
  }
  return renderTable(columns, rows, options);
}
