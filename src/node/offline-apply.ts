import type { Logger } from '../base/logger.js';
import { Applier, type ApplyContext } from './applier.js';
import { newCore } from './core-config.js';
import { noMetrics } from './no-metrics.js';
import { defaultNodeConfig } from './node-config.js';
import type { AppliedMark, LogStore, StateMachine } from './ports.js';
import { PendingProposals } from './proposals.js';
import { ReplicatedState } from './replicated-state.js';
import { SESSIONS_MAX } from './sessions.js';
import { Workload } from './workload.js';

/** Bytes of entries that are applied in one transaction. */
const pageBytes = 4 * 1024 * 1024;

/**
 * Applies the whole log of a node that does not run, to its last entry, as if all of it were committed. In the way in which the node
 * itself applies, and each page with the mark that says so: whoever is interrupted goes on where it stopped.
 * @returns where apply stands then
 * @throws whatever the state machine throws
 */
export async function applyWholeLog(store: LogStore, stateMachine: StateMachine, logger: Logger): Promise<AppliedMark> {
  const { nodeId } = store.identity;
  const core = newCore({ id: nodeId, config: defaultNodeConfig, random: () => 0, logger }, store, store.applied.index);
  const options = { store, metrics: noMetrics, clock: () => 0, logger };
  const workload = new Workload(options.clock);
  const context: ApplyContext = { options, core, workload, applied: store.applied };
  const state = new ReplicatedState(stateMachine, SESSIONS_MAX);
  const applier = new Applier(context, state, new PendingProposals(nodeId, 0), () => {});
  const { hardState } = store.initialState();
  const last = store.lastIndex();
  while (context.applied.index < last) {
    const next = context.applied.index + 1;
    const applied = applier.apply(store.entries(next, last + 1, pageBytes, { kind: 'empty', canAsync: false }));
    const commit = Math.max(hardState.commit, applied.index);
    await store.write({ entries: [], applied, hardState: { ...hardState, commit } });
  }
  return context.applied;
}
