import { RaftctlError } from '../base/errors.js';
import type {
  HistoryEvent,
  ListEventsRequest,
  ListEventsResponse,
  WatchEventsRequest,
} from '../gen/raftctl/v1/history.js';
import { allEventsAfter, eventsAfter, historyBounds, isOfTypes } from './history.js';
import type { CallOptions } from './node-api.js';
import { type NodeContext, stoppedError } from './node-context.js';

/** Events that are read at a time for a watcher. */
const READ_EVENTS_MAX = 64;

/**
 * The history as this node has applied it. A watcher is no more than a place in it: what comes next is read from the state whenever the
 * watcher has taken what came before. So nothing is kept for a slow one, and a snapshot that replaces the state is no gap in what is told.
 */
export class HistoryFeed {
  /** Newest sequence number, as of `asOf`: one reading a flush, however many watch. */
  private newest = 0;
  private asOf = -1;

  constructor(private readonly context: NodeContext) {}

  list({ since, types, limit }: ListEventsRequest): ListEventsResponse {
    const view = this.context.options.store.view();
    const events = [...eventsAfter(view, since, types)];
    return { events: limit === 0 ? events : events.slice(-limit), oldest: historyBounds(view).oldest };
  }

  /**
   * Events after `since`, and each later one when it is flushed here; ends when the signal is aborted.
   * @throws RaftctlError E_NOT_FOUND where events after `since` (above 0) are forgotten already; E_OVERLOADED where events were forgotten that
   * the watcher had not taken yet; E_STOPPED
   */
  async *watch({ since, types }: WatchEventsRequest, { signal }: CallOptions = {}): AsyncIterable<HistoryEvent> {
    if (this.context.stopping) throw stoppedError();
    let told = this.start(since ?? this.newestSeq());
    const hasGone = () => signal?.aborted === true;
    while (!hasGone()) {
      const next = this.read(told);
      for (const event of next) {
        if (isOfTypes(event, types)) yield event;
        if (hasGone()) return;
        told = event.seq;
      }
      if (next.length === 0) await this.waitFor(told, signal);
    }
  }

  /** Where a watcher begins that has events up to `since`; 0: it wants all that are remembered. */
  private start(since: number): number {
    const { oldest, forgotten } = historyBounds(this.context.options.store.view());
    if (since === 0 || since >= forgotten) return Math.max(since, forgotten);
    throw new RaftctlError('E_NOT_FOUND', `not all events after ${since} are remembered: the oldest one is ${oldest}`, {
      hint: `raftctl watch --since ${forgotten}`,
    });
  }

  /** What comes next behind `told`, from one state: it has no gap, or that is said. */
  private read(told: number): HistoryEvent[] {
    const view = this.context.options.store.view();
    const { forgotten } = historyBounds(view);
    if (forgotten > told) {
      throw new RaftctlError(
        'E_OVERLOADED',
        `the watcher is too slow: it has events up to ${told}, and those up to ${forgotten} are forgotten`,
        { retryable: true, hint: `raftctl watch --since ${forgotten}` },
      );
    }
    const next: HistoryEvent[] = [];
    for (const event of allEventsAfter(view, told)) {
      next.push(event);
      if (next.length === READ_EVENTS_MAX) break;
    }
    return next;
  }

  /** Resolves when there is an event after `told`, or nobody waits for it any more. */
  private async waitFor(told: number, signal: AbortSignal | undefined): Promise<void> {
    const gone = new Error('the watcher has gone');
    const news = this.context.conditions.until(() => this.newestSeq() > told || undefined, {
      signal,
      onAbort: () => gone,
    });
    await news.catch((thrown: unknown) => {
      if (thrown !== gone) throw thrown;
    });
  }

  private newestSeq(): number {
    const { store } = this.context.options;
    if (this.asOf !== store.flushedApplied) {
      this.newest = historyBounds(store.view()).newest;
      this.asOf = store.flushedApplied;
    }
    return this.newest;
  }
}
