import { messageOf } from '../base/errors.js';
import { type NodeContext, supersededHint } from './node-context.js';

/**
 * Keeps a node out of everything once it has heard that its cluster was recovered without it. It was one of those that were given up: what
 * it promised no longer counts, and with others like it it might be a majority of what the cluster was before. It answers how it is, and
 * nothing else, until its data directory is emptied.
 */
export class Fencing {
  constructor(
    private readonly context: NodeContext,
    /** Ends all that this node takes part in. */
    private readonly halt: () => void,
  ) {}

  /** Whether this node has heard of it before; it is then not to begin at all. */
  enforce(): boolean {
    const { supersededBy } = this.context.options.store.identity;
    if (supersededBy === undefined) return false;
    this.fenceOff(supersededBy);
    return true;
  }

  /** A member says that the cluster is of a later incarnation. */
  onSuperseded(by: number, incarnation: number): void {
    const { context } = this;
    const { store, logger, transport } = context.options;
    if (context.supersededBy !== undefined || context.stopping) return;
    logger.warn('a member is of a later incarnation of the cluster', { member: by, incarnation });
    this.fenceOff(incarnation);
    transport.setPeers([]);
    store.supersede?.(incarnation).catch((thrown: unknown) => {
      logger.error('it is not remembered that the cluster was recovered without this node', {
        reason: messageOf(thrown),
      });
    });
  }

  private fenceOff(incarnation: number): void {
    const { logger, store } = this.context.options;
    this.context.supersededBy = incarnation;
    this.halt();
    logger.error('the cluster was recovered without this node: it takes part in nothing any more', {
      incarnation,
      own: store.identity.incarnation,
      hint: supersededHint,
    });
  }
}
