import { RaftctlError } from '../base/errors.js';
import type { SetMember } from '../gen/raftctl/v1/control.js';
import { EventType } from '../gen/raftctl/v1/history.js';
import { Member, type UpdateMemberRequest, type UpdateMemberResponse } from '../gen/raftctl/v1/member.js';
import { type ControlOutcome, type ControlPosition, proposeControl } from './control-commands.js';
import { appendEvent } from './history.js';
import { putMember, readMembers } from './members.js';
import type { CallOptions } from './node-api.js';
import type { NodeContext } from './node-context.js';
import type { StateTxn } from './ports.js';
import type { Proposing } from './proposing.js';

/**
 * Gives a member another name, address, zone or priority, by a command in the log: the configuration stays as it is, and every node
 * dials the new address as soon as it has applied the command.
 */
export class MemberUpdates {
  constructor(
    private readonly context: NodeContext,
    private readonly proposing: Proposing,
  ) {}

  /**
   * @throws RaftctlError E_NOT_LEADER, E_USAGE where nothing is asked for, E_NOT_FOUND for who is no member, E_CONFLICT for an address or a
   * name of another member, or where the configuration is not the one that is meant; and as `Proposing.propose`
   */
  async update(request: UpdateMemberRequest, call: CallOptions = {}): Promise<UpdateMemberResponse> {
    const change = changeOf(request);
    await this.caughtUp(call);
    const { configIndex } = this.context.applied;
    if (request.ifConfigIndex !== 0 && request.ifConfigIndex !== configIndex) {
      const message = `the configuration is that of index ${configIndex}, not ${request.ifConfigIndex}`;
      throw new RaftctlError('E_CONFLICT', message, { hint: 'raftctl member list' });
    }
    const judged = judge(this.context.members, change);
    if ('code' in judged) throw new RaftctlError(judged.code, judged.message, { hint: 'raftctl member list' });
    if (judged.text === '') return { member: judged.member, changed: false };
    const { by, reason } = request;
    const value = { member: change, by, reason, atMs: this.context.options.wallClock() };
    await proposeControl(this.proposing, { command: { $case: 'setMember', value } }, call);
    return { member: this.context.memberById(request.id), changed: true };
  }

  /** A new leader does not know what its predecessor has committed before it has applied an entry of its own. */
  private async caughtUp(call: CallOptions): Promise<void> {
    const { context } = this;
    const probe = () => {
      context.requireLeader();
      return context.applied.term === context.core.raft.term || undefined;
    };
    await context.conditions.until(probe, { signal: call.signal, onAbort: () => context.notLeaderError() });
  }
}

/** What is asked for, as it goes into the log: empty and absent fields stay as they are. */
function changeOf({ id, address, name, zone, priority }: UpdateMemberRequest): Member {
  if ([address, name, zone, priority].every((field) => field === undefined)) {
    throw new RaftctlError('E_USAGE', `nothing is to be changed of node ${id}`, {
      hint: 'give an address, a name, a zone or a priority',
    });
  }
  if (name === '') throw new RaftctlError('E_USAGE', 'a name must not be empty');
  if (address === '') throw new RaftctlError('E_USAGE', 'an address must not be empty');
  return Member.create({ id, address: address ?? '', name: name ?? '', zone, priority });
}

/**
 * Applies a command that `MemberUpdates` has written. One that no longer fits changes nothing.
 * @param txn the node's whole keyspace
 */
export function applySetMember(
  txn: StateTxn,
  at: ControlPosition,
  { member, by, reason, atMs }: SetMember,
): ControlOutcome {
  const judged = judge(readMembers(txn), member ?? Member.create());
  if ('code' in judged) return judged;
  if (judged.text === '') return undefined;
  putMember(txn, judged.member);
  const { index, term } = at;
  appendEvent(txn, index, {
    ...{ type: EventType.MEMBER, cause: 'updated', node: judged.member.id, text: judged.text },
    ...{ atMs, term, by, reason },
  });
  return undefined;
}

/** The member as it is to be, with what changes of it in words (empty: nothing); or why that cannot be. */
function judge(
  members: readonly Member[],
  change: Member,
): { member: Member; text: string } | NonNullable<ControlOutcome> {
  const was = members.find(({ id }) => id === change.id);
  if (was === undefined) return { code: 'E_NOT_FOUND', message: `node ${change.id} is not a member` };
  const member: Member = {
    ...was,
    address: change.address || was.address,
    name: change.name || was.name,
    zone: change.zone === '' ? undefined : (change.zone ?? was.zone),
    priority: change.priority ?? was.priority,
  };
  for (const field of ['address', 'name'] as const) {
    const owner = members.find((other) => other.id !== was.id && other[field] === member[field]);
    if (owner === undefined || member[field] === was[field]) continue;
    return { code: 'E_CONFLICT', message: `node ${owner.id} has the ${field} ${member[field]}` };
  }
  const fields = ['address', 'name', 'zone', 'priority'] as const;
  const changed = fields.filter((field) => member[field] !== was[field]);
  const text = changed.map((field) => `${field} ${was[field] ?? 'none'} -> ${member[field] ?? 'none'}`).join(', ');
  return { member, text };
}
