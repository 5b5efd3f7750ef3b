import { messageOf } from '../base/errors.js';
import { proposeControl } from './control-commands.js';
import type { NodeContext } from './node-context.js';
import type { Proposing } from './proposing.js';

/**
 * Writes down whose data directory a member has, where the cluster does not know it yet: on the leader, what members say of themselves on
 * links that were accepted. One at a time, and at most one a heartbeat interval. Not before the member has acknowledged something: a data
 * directory that is written down is one that has had something of the log.
 */
export class InstanceRecording {
  private recording = false;

  constructor(
    private readonly context: NodeContext,
    private readonly proposing: Proposing,
  ) {}

  /** Called at each tick. */
  onTick(): void {
    const { context } = this;
    const { heartbeatTicks } = context.options.config;
    if (!context.isLeader || this.recording || context.ticks % heartbeatTicks !== 0) return;
    const unknown = this.firstUnknown();
    if (unknown === undefined || !context.quorumReachable()) return;
    this.recording = true;
    proposeControl(this.proposing, { command: { $case: 'recordInstance', value: unknown } })
      .catch((thrown: unknown) => {
        context.options.logger.debug('the data directory of a member was not recorded', {
          member: unknown.id,
          reason: messageOf(thrown),
        });
      })
      .finally(() => {
        this.recording = false;
      });
  }

  /** A member whose data directory is not written down, and who has said which it is. */
  private firstUnknown(): { id: number; instance: string } | undefined {
    const { id: self, store, transport } = this.context.options;
    const members = this.context.members.filter(({ instance }) => instance === undefined);
    if (members.length === 0) return undefined;
    const said = new Map(
      transport.links().map(({ id, connected, instance }) => [id, connected ? instance : undefined]),
    );
    said.set(self, store.identity.instance);
    for (const { id } of members) {
      const instance = said.get(id);
      if (instance !== undefined && this.context.matchOf(id) > 0) return { id, instance };
    }
    return undefined;
  }
}
