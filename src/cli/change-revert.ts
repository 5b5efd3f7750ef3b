import { RaftctlError } from '../base/errors.js';
import type { ChangeRecord, ListMembersResponse } from '../client/index.js';
import { type SetsData, toSets } from './change-data.js';
import type { ChangeTarget } from './change-flags.js';
import { resultNames } from './wire-names.js';

/**
 * The target that undoes a change that has ended: the sets from before it, with the addresses that were known then.
 * @throws RaftctlError E_CHANGE_RUNNING where it runs, E_CONFLICT where others have changed the members since
 */
export function reversal(record: ChangeRecord, current: ListMembersResponse): ChangeTarget {
  const { id, members } = record;
  if (resultNames[record.result] === 'running') {
    throw new RaftctlError('E_CHANGE_RUNNING', `change ${id} is running`, {
      hint: `raftctl member change abort ${id}`,
    });
  }
  const before = toSets(record.from);
  const now = toSets(current.confState);
  const made = toSets(record.to);
  if (!same(now, made) && !same(now, before) && resultNames[record.result] === 'done') {
    throw new RaftctlError('E_CONFLICT', `the members have been changed again since change ${id}`, {
      facts: [`it made     ${setsWords(made)}`, `they are now ${setsWords(now)}`],
      hint: `if that is what you want: raftctl member change ${asFlags(before)}`,
    });
  }
  const ids = [...before.voters, ...before.learners];
  const strangers = members.filter((member) => {
    return ids.includes(member.id) && !current.members.some((known) => known.id === member.id);
  });
  return {
    voters: { ids: [...before.voters] },
    learners: { ids: [...before.learners] },
    peers: strangers,
    ifConfigIndex: current.configIndex,
  };
}

/** `--voters 1,2 --learners none`. */
export function asFlags({ voters, learners }: SetsData): string {
  return `--voters ${voters.join(',')} --learners ${learners.length === 0 ? 'none' : learners.join(',')}`;
}

function setsWords({ voters, learners }: SetsData): string {
  return `voters ${voters.join(',')}${learners.length === 0 ? '' : `, learners ${learners.join(',')}`}`;
}

function same(left: SetsData, right: SetsData): boolean {
  return left.voters.join() === right.voters.join() && left.learners.join() === right.learners.join();
}
