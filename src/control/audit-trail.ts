import { randomUUID } from 'node:crypto';
import type { ErrorCode } from '../base/error-codes.js';
import { messageOf, RaftctlError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { AuditRecord, EventType, HistoryEvent } from '../gen/raftctl/v1/history.js';
import type { NodeApi } from '../node/node-api.js';
import type { Caller } from './callers.js';

/** Records that wait for a leader. */
export const pendingAuditMax = 256;
/** Between two attempts to have a record written down, in milliseconds. */
const retryMs = 1000;

/** Of what is remembered, in characters. */
const targetCharactersMax = 300;
const reasonCharactersMax = 1000;

/** What a caller asked for, as the trail remembers it. Never a key or a value of the state machine. */
export interface AskedChange {
  /** The command that asks for it, as `member change`. */
  readonly verb: string;
  readonly target: string;
  readonly reason?: string;
  /** By which the caller knows it; left out, it gets one of its own. */
  readonly requestId?: string;
  /** What came of it where the call itself went well. */
  readonly outcome?: ErrorCode | undefined;
}

/** What a trail needs of the rest. */
export interface AuditTrailOptions {
  readonly node: Pick<NodeApi, 'id' | 'recordAudit'>;
  readonly logger: Logger;
  readonly wallClock: () => number;
  /** Has the leader at an address write a record down; left out, a node that does not lead waits until it does. */
  readonly forward?: (address: string, event: HistoryEvent) => Promise<void>;
}

/** Outcomes after which nothing was tried: the caller goes elsewhere, or asks for something else. */
const nothingTried: ReadonlySet<string> = new Set<ErrorCode>(['E_NOT_LEADER', 'E_STOPPED', 'E_USAGE', 'E_WRONG_NODE']);

/**
 * Who asked for which change, and what came of it: in this node's log at once, and in the log of the cluster as soon as there is a leader to
 * write it down. A node that does not lead gives its records to the leader, one after the other, until each is taken.
 */
export class AuditTrail {
  readonly #pending: HistoryEvent[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing = false;
  #stopped = false;

  constructor(private readonly options: AuditTrailOptions) {}

  /** A call has ended. @param result `ok` or an error code */
  note(caller: Caller, asked: AskedChange, result: 'ok' | ErrorCode): void {
    if (nothingTried.has(result)) return;
    const { verb } = asked;
    const target = asked.target.slice(0, targetCharactersMax);
    const reason = (asked.reason ?? '').slice(0, reasonCharactersMax);
    const { node, logger, wallClock } = this.options;
    const event = HistoryEvent.create({
      atMs: wallClock(),
      type: EventType.AUDIT,
      node: node.id,
      cause: verb,
      text: `${caller.name} asked for ${verb} ${target}: ${result}`,
      by: caller.name,
      reason,
      audit: AuditRecord.create({
        identity: caller.identity,
        role: caller.standing ?? '',
        from: caller.from,
        target,
        result,
        requestId: asked.requestId || randomUUID(),
      }),
    });
    logger.info('audit', {
      verb,
      target,
      who: caller.name,
      identity: caller.identity,
      from: caller.from,
      result,
      reason,
    });
    if (this.#pending.length === pendingAuditMax) this.#drop(this.#pending.shift());
    this.#pending.push(event);
    void this.#write();
  }

  /** What is not written down by now stays in this node's log alone. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const event of this.#pending.splice(0)) this.#drop(event);
  }

  async #write(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    clearTimeout(this.#timer);
    try {
      for (let [next] = this.#pending; next !== undefined && !this.#stopped; [next] = this.#pending) {
        await this.#give(next);
        if (this.#pending[0] === next) this.#pending.shift();
      }
    } catch (thrown) {
      this.options.logger.debug('audit records wait', { count: this.#pending.length, reason: messageOf(thrown) });
      if (!this.#stopped) this.#timer = setTimeout(() => void this.#write(), retryMs).unref();
    } finally {
      this.#writing = false;
    }
  }

  async #give(event: HistoryEvent): Promise<void> {
    const { node, forward } = this.options;
    try {
      await node.recordAudit(event);
    } catch (thrown) {
      const leader = thrown instanceof RaftctlError ? thrown.leaderHint?.address : undefined;
      if (leader === undefined || leader === '' || forward === undefined) throw thrown;
      await forward(leader, event);
    }
  }

  #drop(event: HistoryEvent | undefined): void {
    if (event === undefined) return;
    this.options.logger.warn('an audit record is in this log alone', { text: event.text });
  }
}
