/** Proposals and reads that this node has taken and not answered yet. */
export class RunningCalls {
  private readonly running = new Set<Promise<unknown>>();

  get count(): number {
    return this.running.size;
  }

  /** Counts the call until it ends. @returns the call itself */
  add<T>(call: Promise<T>): Promise<T> {
    this.running.add(call);
    const end = () => this.running.delete(call);
    call.then(end, end);
    return call;
  }

  /** Resolves once all calls that run now have ended; those that come later are not waited for, so that it resolves under load too. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.running);
  }
}
