import { messageOf } from '../base/errors.js';
import { EventType } from '../gen/raftctl/v1/history.js';
import { SpaceLevel } from '../gen/raftctl/v1/member.js';
import { EventRate } from './event-rate.js';
import { eventsAfter } from './history.js';
import type { HistoryRecording } from './history-recording.js';
import type { Leadership } from './leadership.js';
import type { NodeContext } from './node-context.js';

const MINUTE_MS = 60_000;

/** Election time-outs between two tries to hand over. */
const retryElections = 5;

/** Stable words of the history for what it says of a node's disk. */
const causes: Record<SpaceLevel, string> = {
  [SpaceLevel.UNSPECIFIED]: '',
  [SpaceLevel.AMPLE]: 'space-ample',
  [SpaceLevel.LOW]: 'space-low',
  [SpaceLevel.FULL]: 'space-full',
};

const words: Record<SpaceLevel, string> = {
  [SpaceLevel.UNSPECIFIED]: '',
  [SpaceLevel.AMPLE]: 'has room again',
  [SpaceLevel.LOW]: 'has less room than its reserve',
  [SpaceLevel.FULL]: 'is all but full',
};

/**
 * What follows from a disk without room: peers are told, a leader hands over to a voter that has some, and writes down whose disk is at
 * which level. One that nobody can take over from leads on, for the reads.
 */
export class SpaceYielding {
  private nextTryAt = 0;
  /** Term whose leader this node is with `recorded` read from the history. */
  private term = 0;
  private recorded = new Map<number, SpaceLevel>();
  private readonly rates = new Map<number, EventRate>();

  constructor(
    private readonly context: NodeContext,
    private readonly leadership: Leadership,
    private readonly recording: HistoryRecording,
  ) {}

  onTick(): void {
    const { context } = this;
    if (context.space.look()) context.options.transport.announceIntent();
    if (!context.isLeader || context.stopping) return;
    this.handOver();
    this.record();
  }

  private handOver(): void {
    const { space, ticks, options } = this.context;
    if (space.level === SpaceLevel.AMPLE || ticks < this.nextTryAt || !this.somebodyHasRoom()) return;
    this.nextTryAt = ticks + options.config.electionTicks * retryElections;
    this.leadership.handOver().then(
      ({ to }) => options.logger.info('handed over: the disk has too little room', { to }),
      (thrown: unknown) => options.logger.warn('leads on without room on the disk', { reason: messageOf(thrown) }),
    );
  }

  private somebodyHasRoom(): boolean {
    const { options, applied } = this.context;
    return options.transport
      .links()
      .some(
        ({ id, connected, declinesLeadership, space }) =>
          connected && !declinesLeadership && space === SpaceLevel.AMPLE && applied.confState.voters.includes(id),
      );
  }

  /** Whose disk is at another level than the history says. The entry of a leader whose own disk is all but full waits. */
  private record(): void {
    const { context } = this;
    const { options, core, applied, space } = context;
    if (space.level === SpaceLevel.FULL || applied.term !== core.raft.term) return;
    if (this.term !== core.raft.term) {
      this.term = core.raft.term;
      this.recorded = this.remembered();
    }
    const own = { id: options.id, space: space.level };
    for (const { id, space: level = SpaceLevel.UNSPECIFIED } of [own, ...options.transport.links()]) {
      if (level === SpaceLevel.UNSPECIFIED || level === (this.recorded.get(id) ?? SpaceLevel.AMPLE)) continue;
      if (!this.rateOf(id).take(context.ticks)) continue;
      this.recorded.set(id, level);
      const text = `the disk of node ${id} ${words[level]}`;
      this.recording.record({ type: EventType.ALARM, node: id, cause: causes[level], text });
    }
  }

  private rateOf(id: number): EventRate {
    const { tickMs } = this.context.options.config;
    const rate = this.rates.get(id) ?? new EventRate(Math.ceil(MINUTE_MS / tickMs));
    this.rates.set(id, rate);
    return rate;
  }

  private remembered(): Map<number, SpaceLevel> {
    const levels = new Map<number, SpaceLevel>();
    for (const { node, cause } of eventsAfter(this.context.options.store.beginApply(), 0, [EventType.ALARM])) {
      for (const level of [SpaceLevel.AMPLE, SpaceLevel.LOW, SpaceLevel.FULL]) {
        if (causes[level] === cause) levels.set(node, level);
      }
    }
    return levels;
  }
}
