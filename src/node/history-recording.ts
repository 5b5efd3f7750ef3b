import { messageOf } from '../base/errors.js';
import { type Message, MessageType } from '../gen/raft/v1/raft.js';
import type { SnapshotInfo } from '../gen/raftctl/v1/cluster.js';
import { ControlCommand } from '../gen/raftctl/v1/control.js';
import { EventType, HistoryEvent } from '../gen/raftctl/v1/history.js';
import { Command, CommandKind } from '../gen/raftctl/v1/proposal.js';
import { configuredIds } from '../raft/conf-state.js';
import { ProposalDroppedError } from '../raft/errors.js';
import type { SoftState } from '../raft/raft.js';
import { allUnderstand } from './abilities.js';
import { EventRate } from './event-rate.js';
import { eventsAfter, type NewEvent } from './history.js';
import type { NodeContext } from './node-context.js';
import { PeerReach } from './peer-reach.js';

const NOTHING = new Uint8Array();
const MINUTE_MS = 60_000;

/** An election that this node has won and not written down yet. */
interface Won {
  readonly term: number;
  readonly atMs: number;
  readonly event: Pick<HistoryEvent, 'cause' | 'text' | 'votes'>;
}

/**
 * Writes into the log what the leader sees happen: that it was elected, who is out of its reach, how snapshots fared. Each is tried once:
 * what is not taken, or not committed before the leadership ends, is not remembered, and nothing waits for it.
 */
export class HistoryRecording {
  /** Who led last, as far as this process knows; 0: nobody yet. */
  private lastLeader = 0;
  /** When that one was last heard, on the monotonic clock. */
  private heardMs = 0;
  /** Term in which the leader asked this node to take over. */
  private askedInTerm = 0;
  private won: Won | undefined;
  /** Whom this leader reaches; undefined on a node that has written down no election. */
  private reach: PeerReach | undefined;
  private readonly snapshotRates = new Map<number, EventRate>();

  constructor(private readonly context: NodeContext) {}

  /** Messages have come. */
  onMessages(messages: readonly Message[]): void {
    const { core, options } = this.context;
    if (!messages.some(({ from }) => from === core.raft.leaderId)) return;
    this.heardMs = options.clock();
    const asked = messages.find(({ msgType, term }) => msgType === MessageType.TIMEOUT_NOW && term === core.raft.term);
    if (asked !== undefined && core.raft.campaigns) this.askedInTerm = asked.term;
  }

  /** The core says who leads. @param before what it said last */
  onSoftState(before: SoftState, now: SoftState): void {
    const { options, core } = this.context;
    const isElected = now.raftState === 'leader' && before.raftState !== 'leader';
    if (isElected) this.won = { term: core.raft.term, atMs: options.wallClock(), event: this.howElected() };
    if (now.raftState !== 'leader') {
      this.won = undefined;
      this.reach = undefined;
      this.snapshotRates.clear();
    }
    if (now.leaderId !== 0) this.lastLeader = now.leaderId;
    if (now.leaderId !== 0 || before.raftState === 'leader') this.heardMs = options.clock();
  }

  /** A turn is over. A leader that has applied an entry of its term knows what came before, and may write. */
  afterTurn(): void {
    const { won, context } = this;
    if (won === undefined || context.applied.term !== won.term) return;
    this.won = undefined;
    const { config, id } = context.options;
    const ticks = { election: config.electionTicks, minute: Math.ceil(MINUTE_MS / config.tickMs) };
    this.reach = new PeerReach(ticks, this.lostPeers());
    const { votes, ...event } = won.event;
    // A replica that does not understand it would keep another record than the others.
    const told = allUnderstand(context, 'election-votes') ? { ...event, votes } : event;
    this.record({ type: EventType.LEADER, node: id, atMs: won.atMs, ...told });
  }

  onTick(): void {
    const { context, reach } = this;
    if (reach === undefined) return;
    const configured = configuredIds(context.applied.confState);
    const links = context.options.transport.links().filter(({ id }) => configured.has(id));
    for (const { id, reachable, ticks } of reach.look(context.ticks, links)) {
      const forLong = ticks === undefined ? '' : ` ${seconds(ticks * context.options.config.tickMs)}`;
      const error = links.find((link) => link.id === id)?.error;
      this.record({
        type: EventType.HEALTH,
        node: id,
        cause: reachable ? 'reachable' : 'unreachable',
        text: reachable
          ? `node ${id} is in reach again${forLong && `, after${forLong}`}`
          : `node ${id} has been out of reach for${forLong}${error ? `: ${error}` : ''}`,
      });
    }
  }

  /** A snapshot was sent to a peer, or did not arrive there. */
  onSnapshotSent(to: number, { index, bytes }: SnapshotInfo, failure: string | undefined): void {
    const { config } = this.context.options;
    if (!this.context.isLeader) return;
    const rate = this.snapshotRates.get(to) ?? new EventRate(Math.ceil(MINUTE_MS / config.tickMs));
    this.snapshotRates.set(to, rate);
    if (!rate.take(this.context.ticks)) return;
    const what = `the snapshot of index ${index} (${bytes} bytes)`;
    this.record({
      type: EventType.SNAPSHOT,
      node: to,
      cause: failure === undefined ? 'sent' : 'failed',
      text: failure === undefined ? `${what} was sent to node ${to}` : `${what} did not reach node ${to}: ${failure}`,
    });
  }

  private howElected(): Won['event'] {
    const { core } = this.context;
    return { ...this.whyElected(), votes: [...core.raft.electedBy] };
  }

  private whyElected(): Pick<HistoryEvent, 'cause' | 'text'> {
    const { options, core } = this.context;
    const { id } = options;
    if (this.askedInTerm > 0 && core.raft.term === this.askedInTerm + 1) {
      return { cause: 'transferred', text: `node ${id} took over from node ${this.lastLeader}` };
    }
    if (this.lastLeader === 0) {
      return { cause: 'started', text: `node ${id} was elected: the first leader that it knows of since it started` };
    }
    const silent = seconds(options.clock() - this.heardMs);
    const why =
      this.lastLeader === id
        ? `nobody had led for ${silent}`
        : `node ${this.lastLeader} had not been heard of for ${silent}`;
    return { cause: 'elected', text: `node ${id} was elected: ${why}` };
  }

  /** Peers of which the history says last that they are out of reach. */
  private lostPeers(): Set<number> {
    const lost = new Set<number>();
    for (const { node, cause } of eventsAfter(this.context.options.store.beginApply(), 0, [EventType.HEALTH])) {
      if (cause === 'unreachable') lost.add(node);
      else if (cause === 'reachable') lost.delete(node);
    }
    return lost;
  }

  /** Writes an event down, where this node leads. */
  record(event: NewEvent): void {
    const { core, options, stopping, wake } = this.context;
    if (stopping || core.raft.role !== 'leader') return;
    const full = HistoryEvent.create({ atMs: options.wallClock(), term: core.raft.term, ...event });
    const command = ControlCommand.create({ command: { $case: 'recordEvent', value: { event: full } } });
    const payload = ControlCommand.encode(command).finish();
    try {
      core.propose(NOTHING, Command.encode({ kind: CommandKind.CONTROL, session: undefined, payload }).finish());
      wake();
    } catch (thrown) {
      if (!(thrown instanceof ProposalDroppedError)) throw thrown;
      options.logger.debug('an event was not recorded', { text: full.text, reason: messageOf(thrown) });
    }
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)}s`;
}
