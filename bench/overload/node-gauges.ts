/** Between two looks, in milliseconds. */
const lookMs = 500;

/** What a node says of its process, looked at again and again. */
export class NodeGauges {
  #lagMaxMs = 0;
  #memoryMaxBytes = 0;
  #looking: Promise<void> = Promise.resolve();
  readonly #timer: NodeJS.Timeout;

  private constructor(private readonly address: string) {
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.#look());
      this.#looking.catch(() => {});
    }, lookMs);
  }

  /** @param address HOST:PORT of the node's metrics */
  static async watch(address: string): Promise<NodeGauges> {
    const gauges = new NodeGauges(address);
    await gauges.#look();
    // What was before does not count: the node forgets its longest delay when it has said it.
    gauges.#lagMaxMs = 0;
    gauges.#memoryMaxBytes = 0;
    return gauges;
  }

  /** The most that was seen. Rejects where the node could not be asked. */
  async most(): Promise<{ readonly lagMaxMs: number; readonly memoryMaxBytes: number }> {
    await this.#looking;
    await this.#look();
    return { lagMaxMs: this.#lagMaxMs, memoryMaxBytes: this.#memoryMaxBytes };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const text = await (await fetch(`http://${this.address}/metrics`)).text();
    const gauge = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
    this.#lagMaxMs = Math.max(this.#lagMaxMs, gauge('nodejs_eventloop_lag_max_seconds') * 1000);
    this.#memoryMaxBytes = Math.max(this.#memoryMaxBytes, gauge('process_resident_memory_bytes'));
  }
}
