import { RaftctlError } from '../base/errors.js';
import { ClusterServiceService as Cluster, type NodeStatus } from '../gen/raftctl/v1/cluster.js';
import type { Connections } from './connection.js';
import type { Directory, KnownLeader } from './directory.js';
import type { Settings } from './options.js';

/** What asking one address came to. */
export type Probe =
  | {
      readonly address: string;
      readonly status: NodeStatus;
      readonly rttMs: number;
      /** How far its wall clock is ahead of this machine's, give or take half of `rttMs`; undefined where it does not tell the time. */
      readonly clockAheadMs: number | undefined;
      /** It is of another cluster than the one that is meant. */
      readonly isForeign: boolean;
    }
  | { readonly address: string; readonly error: RaftctlError };

/** A probe that was answered. */
export type Answer = Extract<Probe, { status: NodeStatus }>;

/** Whether the probe was answered. */
export function isAnswer(probe: Probe): probe is Answer {
  return 'status' in probe;
}

/** What the calls of a client share. */
export interface ClientContext {
  readonly settings: Settings;
  readonly connections: Connections;
  readonly directory: Directory;
}

/**
 * Asks every known address for its status, all at once, and those that the answers name as well. A dead address costs its dial time once.
 * @param isEnough told after each probe; true ends the survey, and the calls that still run are given up
 */
export async function survey(
  context: ClientContext,
  deadlineMs: number,
  isEnough: (probes: readonly Probe[]) => boolean = () => false,
): Promise<readonly Probe[]> {
  const { settings, directory } = context;
  const limitMs = Math.min(deadlineMs, Date.now() + settings.dialTimeoutMs);
  const given = new AbortController();
  const asked = new Set<string>();
  const probes: Probe[] = [];
  await new Promise<void>((done, fail) => {
    const ask = () => {
      for (const address of directory.addresses()) {
        if (asked.has(address)) continue;
        asked.add(address);
        void probe(context, address, limitMs, given.signal).then((result) => {
          probes.push(result);
          ask();
          if (probes.length === asked.size || isEnough(probes)) done();
        }, fail);
      }
    };
    ask();
  });
  given.abort();
  return [...probes];
}

/** Asks one address for its status; why it did not answer is a result. */
export async function probe(
  { connections, directory }: ClientContext,
  address: string,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<Probe> {
  const start = performance.now();
  try {
    const { status } = await connections.to(address).unary(Cluster.getStatus, {}, deadlineMs, signal);
    if (status === undefined) throw new RaftctlError('E_NOT_RAFTNODE', `${address} has no status`);
    const isForeign = !signal.aborted && !directory.learn(address, status);
    const rttMs = performance.now() - start;
    const { wallClockMs } = status;
    const clockAheadMs = wallClockMs === undefined ? undefined : Math.round(wallClockMs - (Date.now() - rttMs / 2));
    return { address, status, rttMs, clockAheadMs, isForeign };
  } catch (thrown) {
    if (!(thrown instanceof RaftctlError)) throw thrown;
    return { address, error: thrown };
  }
}

/** Asks one address for its status, whoever it is; of the client's cluster or not. */
export async function identify({ connections, settings }: ClientContext, address: string): Promise<NodeStatus> {
  const deadlineMs = Date.now() + settings.dialTimeoutMs;
  const { status } = await connections.to(address).unary(Cluster.getStatus, {}, deadlineMs);
  if (status === undefined) throw new RaftctlError('E_NOT_RAFTNODE', `${address} has no status`);
  return status;
}

/** The answers of the cluster that is meant, of the latest incarnation that any of them is of. */
export function answersOf(probes: readonly Probe[]): Answer[] {
  const own = probes.filter(isAnswer).filter(({ isForeign }) => !isForeign);
  const latest = own.reduce((incarnation, { status }) => Math.max(incarnation, status.incarnation), 0);
  return own.filter(({ status }) => status.incarnation === latest);
}

/** The leader that the answers of the cluster name with the highest term, if they name one that can be dialled. */
export function namedLeader(probes: readonly Probe[], directory: Directory): KnownLeader | undefined {
  let leader: KnownLeader | undefined;
  for (const { status } of answersOf(probes)) {
    const term = status.hardState?.term ?? 0;
    const address = status.leader === 0 ? undefined : directory.addressOf(status.leader);
    if (address !== undefined && term >= (leader?.term ?? 0)) leader = { id: status.leader, address, term };
  }
  return leader;
}

/** The answer of the cluster with the newest configuration. */
export function newestAnswer(probes: readonly Probe[]): Answer | undefined {
  return answersOf(probes).reduce<Answer | undefined>(
    (best, answer) => (best === undefined || answer.status.configIndex > best.status.configIndex ? answer : best),
    undefined,
  );
}
