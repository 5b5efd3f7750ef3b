import type { LogFields, Logger } from './logger.js';

/** Between two lines of one kind, in milliseconds. */
const intervalMs = 10_000;
/** Kinds remembered; strangers can make up any number. */
const kindsMax = 256;

/** Warnings that somebody else can cause as often as they like: each kind is written once an interval, with how often it happened. */
export class QuietLog {
  private readonly kinds = new Map<string, { writtenAt: number; suppressed: number }>();

  constructor(
    private readonly logger: Logger,
    /** Milliseconds that never go back. */
    private readonly clock: () => number,
  ) {}

  /** @param kind what makes two warnings the same */
  warn(kind: string, message: string, fields: LogFields): void {
    const now = this.clock();
    const known = this.kinds.get(kind);
    if (known !== undefined && now - known.writtenAt < intervalMs) {
      known.suppressed += 1;
      return;
    }
    this.logger.warn(message, known === undefined ? fields : { ...fields, suppressed: known.suppressed });
    this.kinds.delete(kind);
    this.kinds.set(kind, { writtenAt: now, suppressed: 0 });
    const [oldest] = this.kinds.keys();
    if (this.kinds.size > kindsMax && oldest !== undefined) this.kinds.delete(oldest);
  }
}
