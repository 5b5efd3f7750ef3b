import { RaftctlError } from '../base/errors.js';

/** Proposals and reads that this node has taken and not answered yet. */
export class RunningCalls {
  private readonly running = new Set<Promise<unknown>>();

  /**
   * @param callsMax as many may run at once
   * @param onRefused told of each that was one too many
   */
  constructor(
    private readonly callsMax: number,
    private readonly onRefused: () => void,
  ) {}

  get count(): number {
    return this.running.size;
  }

  /** Begins a call and counts it until it ends. @throws RaftctlError E_OVERLOADED where too many run; then it is not begun */
  async run<T>(begin: () => Promise<T>): Promise<T> {
    if (this.running.size >= this.callsMax) {
      this.onRefused();
      throw new RaftctlError('E_OVERLOADED', `${this.callsMax} calls run on this node, as many as --calls-max allows`, {
        retryable: true,
      });
    }
    const call = begin();
    this.running.add(call);
    try {
      return await call;
    } finally {
      this.running.delete(call);
    }
  }

  /** Resolves once all calls that run now have ended; those that come later are not waited for, so that it resolves under load too. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.running);
  }
}
