import { setTimeout as pause } from 'node:timers/promises';
import { RaftctlError } from '../../base/errors.js';
import type { Client, ClusterView } from '../../client/index.js';
import { toStatusData } from '../status-data.js';
import { changeCauses } from './change-causes.js';
import type { Examination, Finding } from './finding.js';
import { identityCauses } from './identity-causes.js';
import { leadershipCauses } from './leadership-causes.js';
import { networkCauses } from './network-causes.js';
import { nodeCauses } from './node-causes.js';

/** `data` of `cluster doctor`. */
export interface DoctorData {
  /** What was looked at. */
  readonly looked: { readonly nodes: number; readonly reachable: number; readonly leader: number | null };
  /** What acts now first; empty where nothing was found. */
  readonly findings: readonly RankedFinding[];
}

/** A finding and its place, from 1. */
export interface RankedFinding extends Finding {
  readonly rank: number;
}

/** Causes before effects: a finding of an earlier kind often explains those of later ones. */
const order = [leadershipCauses, changeCauses, identityCauses, networkCauses, nodeCauses];

/** All causes that an examination shows, ranked: what acts now first, and of that causes before effects. */
export function diagnose(examination: Examination): DoctorData {
  const found = order.flatMap((causes) => causes(examination));
  const ranked = [...found.filter(actsNow), ...found.filter((finding) => !actsNow(finding))];
  const { nodes, leader } = examination.data;
  return {
    looked: {
      nodes: nodes.length,
      reachable: nodes.filter(({ reachable }) => reachable).length,
      leader: leader?.id ?? null,
    },
    findings: ranked.map((finding, at) => ({ rank: at + 1, ...finding })),
  };
}

function actsNow({ severity }: Finding): boolean {
  return severity === 'acts-now';
}

/** What the command ends with; undefined where nothing acts now. */
export function doctorError({ findings }: DoctorData): RaftctlError | undefined {
  const now = findings.filter(actsNow);
  if (now.length === 0) return undefined;
  return new RaftctlError('E_UNHEALTHY', `${now.length} of ${findings.length} findings act now`, {
    facts: now.map(({ what }) => what),
  });
}

/** Time between two looks where something may stand still. */
const secondLookMs = 1500;
/** Events that are asked for. */
const eventsMax = 200;

/** Looks at the cluster, a second time where something is on its way, and asks what it remembers; changes nothing. */
export async function examine(client: Client, first: ClusterView): Promise<Examination> {
  const before = toStatusData(first, new Date());
  const moving = before.nodes.some(
    ({ progress }) => progress?.recentActive && (progress.state !== 'replicate' || progress.lag > 0),
  );
  if (moving) await pause(secondLookMs);
  const view = moving ? await client.view() : first;
  const now = new Date();
  const data = toStatusData(view, now);
  const request = { since: 0, types: [], limit: eventsMax };
  return {
    view,
    data,
    before: moving ? before : undefined,
    change: data.change === null ? undefined : await ifKnown(client.changes.get(data.change)),
    events: (await ifKnown(client.listEvents(request)))?.events,
    now,
  };
}

/** An answer that helps, and that can be done without. */
async function ifKnown<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (thrown) {
    if (thrown instanceof RaftctlError) return undefined;
    throw thrown;
  }
}
