import type { Message } from '../gen/raft/v1/raft.js';
import type { NodeConfig } from './node-config.js';

/** A proposal on its way to the core. */
export interface QueuedProposal {
  /** Context of its entry, by which the answer finds its way back. */
  readonly context: Uint8Array;
  /** Data of its entry. */
  readonly data: Uint8Array;
}

/** What one turn takes in. */
export interface InboxBatch {
  readonly messages: readonly Message[];
  readonly ticks: number;
  readonly proposals: readonly QueuedProposal[];
}

/** After a pause the clock is behind; so many ticks are made up for at once, so that nobody campaigns for having been asleep. */
const ticksPerTurnMax = 3;

/**
 * The one door by which messages, ticks and proposals come in. Bounded in items and bytes: past a bound `offer…` says no at once.
 *
 * Within a turn messages come before ticks: after a pause the timers fire before the sockets are read, and a tick that ran first
 * would start an election while the leader's heartbeat lies unread.
 */
export class Inbox {
  private messages: Message[] = [];
  private proposals: QueuedProposal[] = [];
  private ticks = 0;
  private proposalBytes = 0;
  private messageBytes = 0;

  constructor(private readonly limits: Pick<NodeConfig, 'inboxItemsMax' | 'inboxBytesMax'>) {}

  /** Takes what fits; returns how many messages were dropped (Raft sends them again). */
  offerMessages(messages: readonly Message[]): number {
    let taken = 0;
    for (const message of messages) {
      const bytes = entryBytes(message);
      // What has no entries is small, and a heartbeat or a vote is needed most when there is much to do.
      const isOver = bytes > 0 && this.messageBytes > 0 && this.messageBytes + bytes > this.limits.inboxBytesMax;
      if (isOver || this.messages.length >= this.limits.inboxItemsMax) continue;
      this.messages.push(message);
      this.messageBytes += bytes;
      taken++;
    }
    return messages.length - taken;
  }

  tick(): void {
    this.ticks = Math.min(this.ticks + 1, ticksPerTurnMax);
  }

  /** False where the door is full. */
  offerProposal(proposal: QueuedProposal): boolean {
    const bytes = proposal.data.length + proposal.context.length;
    if (this.proposals.length >= this.limits.inboxItemsMax) return false;
    if (this.proposals.length > 0 && this.proposalBytes + bytes > this.limits.inboxBytesMax) return false;
    this.proposals.push(proposal);
    this.proposalBytes += bytes;
    return true;
  }

  /** @param withProposals false leaves the proposals where they are: they gather while the disk is busy */
  drain(withProposals: boolean): InboxBatch {
    const batch = { messages: this.messages, ticks: this.ticks, proposals: withProposals ? this.proposals : [] };
    this.messages = [];
    this.messageBytes = 0;
    this.ticks = 0;
    if (withProposals) {
      this.proposals = [];
      this.proposalBytes = 0;
    }
    return batch;
  }

  get hasProposals(): boolean {
    return this.proposals.length > 0;
  }
}

function entryBytes({ entries }: Message): number {
  let bytes = 0;
  for (const { data, context } of entries) bytes += data.length + context.length;
  return bytes;
}
