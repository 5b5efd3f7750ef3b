import { type ChangeRecord, PromoteWhen } from '../../gen/raftctl/v1/member.js';
import { watchedVoters } from '../../membership/index.js';
import type { NodeContext } from '../node-context.js';

/**
 * How long the voters have been down that a change watches: without a link to this leader. Another leader begins to count anew, since it
 * knows nothing of the links of the one before; so a voter is promoted for late rather than for nothing.
 */
export class DownVoters {
  /** Since when, on the monotonic clock, each voter that is down has been. */
  private readonly since = new Map<number, number>();

  constructor(private readonly context: NodeContext) {}

  /** What promotes the new voters of the change by now, in words; undefined where nothing does. To be asked often. */
  reasonFor({ request, from, to }: ChangeRecord): string | undefined {
    if (request?.promotion?.when !== PromoteWhen.VOTER_DOWN) return undefined;
    const { clock, id: self } = this.context.options;
    const connected = this.context.connectedIds().add(self);
    const now = clock();
    for (const id of watchedVoters(from, to)) {
      if (connected.has(id)) this.since.delete(id);
      else if (!this.since.has(id)) this.since.set(id, now);
    }
    const [down] = [...this.since].filter(([, since]) => now - since >= (request.promotion?.voterDownMs ?? 0));
    if (down === undefined) return undefined;
    return `voter ${down[0]} has been down for ${Math.floor((now - down[1]) / 1000)}s: the new voters are promoted`;
  }
}
