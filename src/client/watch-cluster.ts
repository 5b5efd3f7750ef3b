import { RaftctlError } from '../base/errors.js';
import { ClusterServiceService as Cluster } from '../gen/raftctl/v1/cluster.js';
import { type ClusterView, viewOf } from './cluster-view.js';
import { type ClientContext, isAnswer, type Probe, probe, survey } from './survey.js';

/** Pause between two attempts at the nodes that have no stream: dead ones say nothing when they come back. */
const retryMs = 500;

/** A look at the cluster: the view, or why there is none just now. */
export type ClusterSight = ClusterView | RaftctlError;

/**
 * The view of the whole cluster, and again whenever a node says that its own changed, until the signal is aborted. Every node is asked
 * once and followed by one stream from then on; one that does not answer is asked again and again.
 */
export async function* watchCluster(context: ClientContext, signal: AbortSignal): AsyncGenerator<ClusterSight> {
  const watch = new ClusterWatch(context, signal);
  await watch.begin();
  while (!signal.aborted) {
    yield watch.sight();
    await watch.changed();
  }
}

/** What is known of each address, and who tells when that changes. */
class ClusterWatch {
  readonly #probes = new Map<string, Probe>();
  readonly #followed = new Set<string>();
  #isChanged = false;
  #wake = () => {};

  constructor(
    private readonly context: ClientContext,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', () => this.#tell(), { once: true });
  }

  async begin(): Promise<void> {
    const { context } = this;
    for (const found of await survey(context, Date.now() + context.settings.timeoutMs)) this.#keep(found);
  }

  sight(): ClusterSight {
    this.#isChanged = false;
    try {
      return viewOf([...this.#probes.values()], this.context.settings.discover);
    } catch (thrown) {
      if (thrown instanceof RaftctlError) return thrown;
      throw thrown;
    }
  }

  /** Resolves when another sight may be had; meanwhile tries those again that are not followed. */
  async changed(): Promise<void> {
    while (!this.#isChanged) {
      const isWoken = await this.#pause();
      if (isWoken) return;
      await Promise.all(this.#silent().map((address) => this.#ask(address)));
    }
  }

  #silent(): string[] {
    return this.context.directory.addresses().filter((address) => !this.#followed.has(address));
  }

  async #ask(address: string): Promise<void> {
    const deadlineMs = Date.now() + this.context.settings.dialTimeoutMs;
    this.#keep(await probe(this.context, address, deadlineMs, this.signal));
  }

  #keep(found: Probe): void {
    this.#probes.set(found.address, found);
    this.#tell();
    if (!isAnswer(found) || this.#followed.has(found.address) || this.signal.aborted) return;
    this.#followed.add(found.address);
    void this.#follow(found.address, found);
  }

  /** Follows one node's status until its stream ends, and then asks once whether the node is still there. */
  async #follow(address: string, first: Extract<Probe, { status: unknown }>): Promise<void> {
    const { connections, directory } = this.context;
    try {
      const events = connections
        .to(address)
        .serverStream(Cluster.watchStatus, {}, Number.POSITIVE_INFINITY, this.signal);
      for await (const { status } of events) {
        if (status === undefined) continue;
        const isForeign = !directory.learn(address, status);
        this.#probes.set(address, { ...first, status, isForeign });
        this.#tell();
      }
    } catch (thrown) {
      if (!(thrown instanceof RaftctlError)) throw thrown;
    }
    if (this.signal.aborted) return;
    const deadlineMs = Date.now() + this.context.settings.dialTimeoutMs;
    this.#probes.set(address, await probe(this.context, address, deadlineMs, this.signal));
    this.#followed.delete(address);
    this.#tell();
  }

  #tell(): void {
    this.#isChanged = true;
    this.#wake();
  }

  /** True where it was woken before the time was over. */
  #pause(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), retryMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}
