import { RaftctlError } from '../base/errors.js';
import { SpaceLevel } from '../gen/raftctl/v1/member.js';
import { Command, CommandKind } from '../gen/raftctl/v1/proposal.js';
import type { Inbox, QueuedProposal } from './inbox.js';
import type { CallOptions, Proposal, ProposalResult } from './node-api.js';
import type { NodeConfig } from './node-config.js';
import type { NodeContext } from './node-context.js';
import { PendingProposals } from './proposals.js';
import { quorumReachable } from './quorum-view.js';
import { sessionProblem } from './sessions.js';

/** Takes proposals at the door of the leader and sees them to their answer. */
export class Proposing {
  readonly pending: PendingProposals;

  constructor(
    private readonly context: NodeContext,
    private readonly inbox: () => Inbox,
  ) {
    const { id, random } = context.options;
    this.pending = new PendingProposals(id, Math.floor(random() * 2 ** 32));
  }

  /**
   * @throws RaftctlError E_NOT_LEADER, E_NO_LEADER, E_NO_QUORUM, E_TOO_LARGE, E_OVERLOADED, E_NO_SPACE, E_USAGE before anything is appended;
   * E_OUTCOME_UNKNOWN, E_SESSION_EXPIRED after
   */
  async propose(proposal: Proposal, call: CallOptions = {}): Promise<ProposalResult> {
    this.context.requireLeader();
    this.requireRoom(proposal.kind);
    const data = this.encode(proposal);
    const { id, context, result } = this.pending.add(this.context.options.clock());
    if (!this.inbox().offerProposal({ context, data })) {
      this.pending.reject(id, this.overloaded(inboxFull(this.context.options.config)));
      return result;
    }
    const onAbort = () => this.pending.reject(id, outcomeUnknown('the caller did not wait for the answer'));
    if (call.signal?.aborted === true) onAbort();
    call.signal?.addEventListener('abort', onAbort, { once: true });
    this.context.wake();
    try {
      return await result;
    } finally {
      call.signal?.removeEventListener('abort', onAbort);
    }
  }

  /** The core did not take these: they are not in the log. */
  onDropped(proposals: readonly QueuedProposal[], reason: string): void {
    const { core, isLeader } = this.context;
    const error = !isLeader
      ? this.context.notLeaderError()
      : core.raft.leadTransferee !== 0
        ? new RaftctlError(
            'E_TRANSFER_IN_PROGRESS',
            `the leadership is being handed to node ${core.raft.leadTransferee}`,
            {
              retryable: true,
            },
          )
        : this.overloaded(reason);
    for (const { context } of proposals) this.pending.resolve(context, error);
  }

  /** This node leads no more: entries that are on their way may or may not be committed by another leader. */
  onLeadershipLost(): void {
    this.pending.failAll(outcomeUnknown('the leader changed while the proposal was on its way'));
  }

  stop(): void {
    this.pending.failAll(outcomeUnknown('the node stopped while the proposal was on its way'));
  }

  /** The cluster's own commands are small, and may be what helps: they are taken as long as anything may be written at all. */
  private requireRoom(kind: CommandKind): void {
    const { space, options } = this.context;
    const isOpen = kind === CommandKind.CONTROL ? space.hasRoomForEntries : space.level === SpaceLevel.AMPLE;
    const view = this.context.quorumView();
    const full = view.links.filter((link) => link.space === SpaceLevel.FULL).map(({ id }) => id);
    const roomy = view.links.filter(({ id }) => !full.includes(id));
    if (isOpen && (full.length === 0 || quorumReachable({ ...view, links: roomy }))) return;
    options.metrics.refused('E_NO_SPACE');
    if (!isOpen) throw space.error();
    throw new RaftctlError(
      'E_NO_SPACE',
      `no majority has room for writes: the disks of nodes ${full.join(', ')} are full`,
      {
        retryable: true,
        hint: 'make room on these disks: the nodes go on by themselves; meanwhile: raftctl alarm list',
      },
    );
  }

  private encode(proposal: Proposal): Uint8Array {
    const { proposalBytesMax } = this.context.options.config;
    if (proposal.payload.length > proposalBytesMax) {
      throw new RaftctlError(
        'E_TOO_LARGE',
        `the proposal has ${proposal.payload.length} bytes, the limit is ${proposalBytesMax}`,
        { hint: 'propose less at once, or start the nodes with a larger --proposal-size-max' },
      );
    }
    const problem = proposal.session === undefined ? undefined : sessionProblem(proposal.session);
    if (problem !== undefined) throw new RaftctlError('E_USAGE', problem);
    if (this.context.stopping) throw this.context.stoppedError();
    return Command.encode({ kind: proposal.kind, session: proposal.session, payload: proposal.payload }).finish();
  }

  private overloaded(reason: string): RaftctlError {
    this.context.options.metrics.refused('E_OVERLOADED');
    return new RaftctlError('E_OVERLOADED', `the leader takes no more proposals for now: ${reason}`, {
      retryable: true,
    });
  }
}

function inboxFull({ inboxItemsMax, inboxBytesMax }: NodeConfig): string {
  return `its inbox is full (--inbox-max ${inboxItemsMax}, --inbox-size-max ${inboxBytesMax} bytes)`;
}

function outcomeUnknown(why: string): RaftctlError {
  return new RaftctlError('E_OUTCOME_UNKNOWN', `${why}: it may or may not be applied`, {
    changed: 'unknown',
    retryable: true,
  });
}
