import type { ListMembersResponse } from '../client/index.js';
import { type ConfigData, type SetName, setOf, toConfigData } from './config-data.js';
import { renderTable, type TableOptions } from './table.js';

/** `data` of `member list`. */
export interface MemberListData {
  readonly configIndex: number;
  readonly phase: ConfigData['phase'];
  readonly members: readonly MemberData[];
  /** Nodes that announced themselves and are not members. */
  readonly announced: readonly { readonly id: number; readonly name: string; readonly address: string }[];
}

/** One member. */
export interface MemberData {
  readonly id: number;
  readonly name: string;
  readonly address: string;
  readonly set: SetName;
  readonly addedIndex: number;
}

/** Members as data, by id. */
export function toMemberListData(response: ListMembersResponse): MemberListData {
  const { confState, configIndex, members, announced } = response;
  const config = toConfigData(configIndex, confState);
  return {
    configIndex,
    phase: config.phase,
    members: members
      .map(({ id, name, address, addedIndex }) => ({
        id,
        name: name || `n${id}`,
        address,
        set: setOf(id, config),
        addedIndex,
      }))
      .sort((a, b) => a.id - b.id),
    announced: announced.map(({ id, name, address }) => ({ id, name: name || `n${id}`, address })),
  };
}

/** Members as a table. */
export async function memberListText(data: MemberListData, options: TableOptions): Promise<string> {
  const columns = ['ID', 'NAME', 'SET', 'ADDRESS', 'ADDED'].map((head) => ({ head }));
  const rows = [
    ...data.members.map((member) => [
      String(member.id),
      member.name,
      member.set,
      member.address,
      `@${member.addedIndex}`,
    ]),
    ...data.announced.map(({ id, name, address }) => [String(id), name, 'announced', address, '-']),
  ];
  return renderTable(columns, rows, options);
}
