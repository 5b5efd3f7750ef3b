import { RaftctlError } from '../base/errors.js';
import { factsText } from './facts-text.js';
import type { MemberData, MemberListData, RemovedData } from './members-data.js';

/** `data` of `member show`: a member, or a voter that left. */
export type MemberDetailData = (MemberData & { readonly removed: false }) | (RemovedData & { readonly removed: true });

/** One member of a list. @throws RaftctlError E_NOT_FOUND */
export function memberDetail({ members, removed, announced }: MemberListData, id: number): MemberDetailData {
  const member = members.find((candidate) => candidate.id === id);
  if (member !== undefined) return { ...member, removed: false };
  const gone = removed.find((candidate) => candidate.id === id);
  if (gone !== undefined) return { ...gone, removed: true };
  const waiting = announced.find((candidate) => candidate.id === id);
  throw new RaftctlError('E_NOT_FOUND', `there is no member ${id}`, {
    facts:
      waiting === undefined
        ? [`members: ${members.map((candidate) => candidate.id).join(', ')}`]
        : [`a node ${id} has announced itself from ${waiting.address}`],
    hint: waiting === undefined ? 'raftctl member list' : `raftctl member add ${waiting.address}`,
  });
}

/** A member for people. */
export function memberDetailText(data: MemberDetailData): string {
  const head = [
    ['MEMBER', `${data.id}  ${data.name}`],
    ['ADDRESS', data.address],
    ['ZONE', data.zone ?? '-'],
  ] as const;
  if (data.removed) {
    const when = data.removedAt === null ? '' : `  ${data.removedAt}`;
    return factsText([...head, ['REMOVED', `@${data.removedIndex}${when}`]]);
  }
  return factsText([
    ...head,
    ['SET', data.set],
    ['ROLE', data.role],
    ['STATUS', data.status],
    ['PRIORITY', String(data.priority ?? '-')],
    ['ADDED', `@${data.addedIndex}`],
    ['INSTANCE', data.instance ?? '?'],
  ]);
}
