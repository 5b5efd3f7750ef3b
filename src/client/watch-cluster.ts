import { RaftctlError } from '../base/errors.js';
import { ClusterServiceService as Cluster } from '../gen/raftctl/v1/cluster.js';
import { type ClusterView, viewCluster } from './cluster-view.js';
import type { ClientContext } from './survey.js';

/** How long the view may be old where no node says that it changed: dead nodes say nothing when they come back. */
const refreshMs = 500;

/** A look at the cluster: the view, or why there is none just now. */
export type ClusterSight = ClusterView | RaftctlError;

/**
 * The view of the whole cluster, and again whenever a node says that its own changed, until the signal is aborted.
 */
export async function* watchCluster(context: ClientContext, signal: AbortSignal): AsyncGenerator<ClusterSight> {
  const streams = new Map<string, Promise<void>>();
  let changed = false;
  let wake = () => {};
  const onChange = () => {
    changed = true;
    wake();
  };
  signal.addEventListener('abort', onChange);
  while (!signal.aborted) {
    changed = false;
    const sight = await look(context);
    yield sight;
    if (!(sight instanceof RaftctlError)) {
      for (const { address, status } of sight.nodes) {
        if (status === undefined || streams.has(address)) continue;
        streams.set(
          address,
          follow(context, address, signal, onChange).finally(() => streams.delete(address)),
        );
      }
    }
    if (changed) continue;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, refreshMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

async function look(context: ClientContext): Promise<ClusterSight> {
  try {
    return await viewCluster(context);
  } catch (thrown) {
    if (thrown instanceof RaftctlError) return thrown;
    throw thrown;
  }
}

/** Follows one node's status until its stream ends; the next look starts it anew. */
async function follow(
  { connections }: ClientContext,
  address: string,
  signal: AbortSignal,
  onChange: () => void,
): Promise<void> {
  try {
    const events = connections.to(address).serverStream(Cluster.watchStatus, {}, Number.POSITIVE_INFINITY, signal);
    for await (const _ of events) onChange();
  } catch (thrown) {
    if (!(thrown instanceof RaftctlError)) throw thrown;
  }
}
