import type { BootstrapSpec } from '../gen/raftctl/v1/cluster.js';
import { MemStorage } from '../raft/mem-storage.js';
import { checkBootstrap } from './bootstrap.js';
import { newCore } from './core-config.js';
import type { Driver } from './driver.js';
import { memberRecords } from './members.js';
import type { NodeContext } from './node-context.js';

/** How a fresh node comes to belong to a cluster: it is bootstrapped with others, or a member calls it. One way at a time. */
export class Joining {
  private joining: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly context: NodeContext,
    private readonly driver: Driver,
    /** The members are known anew. */
    private readonly onJoined: () => void,
  ) {}

  /** False where the node had been bootstrapped with just this. @throws as `checkBootstrap` */
  bootstrap(spec: BootstrapSpec, nodeId: number): Promise<boolean> {
    const { id, store, logger } = this.context.options;
    return this.inTurn(async () => {
      if (checkBootstrap(spec, nodeId, id, store) === 'done') return false;
      await this.beneathTheCore(() => store.bootstrap(spec, memberRecords(spec.members, spec.voters)));
      this.onJoined();
      logger.info('bootstrapped', { cluster: spec.clusterId, voters: spec.voters, learners: spec.learners });
      return true;
    });
  }

  /** Becomes a node of the cluster whose member calls. */
  adopt(clusterId: string, stateMachine: string, incarnation: number): Promise<void> {
    const { store } = this.context.options;
    return this.inTurn(async () => {
      if (store.identity.clusterId !== clusterId) await store.adopt(clusterId, stateMachine, incarnation);
    });
  }

  /** Several members may dial a fresh node at once, and somebody may bootstrap it. */
  private inTurn<T>(join: () => Promise<T>): Promise<T> {
    const joined = this.joining.then(join);
    this.joining = joined.catch(() => {});
    return joined;
  }

  /**
   * Changes what is in storage while no core looks at it: until that is done, a core over an empty log in memory stands in, so that the
   * node can be asked how it is.
   */
  private async beneathTheCore(change: () => Promise<void>): Promise<void> {
    const { context, driver } = this;
    const { trace: _, ...untraced } = context.options;
    context.core = newCore(untraced, new MemStorage(), 0);
    driver.pause(context.core);
    try {
      await change();
    } finally {
      const { store } = context.options;
      context.core = newCore(context.options, store, store.applied.index);
      context.applied = store.applied;
      driver.resume(context.core);
    }
  }
}
