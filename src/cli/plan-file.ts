import { createHash } from 'node:crypto';
import { messageOf, RaftctlError } from '../base/errors.js';
import type { ChangeMembersRequest } from '../client/index.js';
import type { ChangeData } from './change-data.js';
import { readInputText } from './input-file.js';
import { writeDocumentFile } from './recovery-files.js';

/** A plan as it is handed over from who makes it to who carries it out; sealed, so that what is read is what was written. */
export interface PlanFile {
  readonly apiVersion: 'raftctl/v1';
  readonly kind: 'ChangePlanFile';
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  readonly clusterId: string;
  /** Index of the configuration that the plan starts from. */
  readonly configIndex: number;
  /** Hash that the server gave the plan: it refuses to carry out another one. */
  readonly planHash: string;
  readonly request: PlannedRequest;
  /** What it comes to, for people. */
  readonly plan: ChangeData;
  /** SHA-256, hex, of all the rest as JSON without spaces, the keys in order. */
  readonly sha256: string;
}

/** What is to be asked of the server. */
export interface PlannedRequest {
  readonly requestId: string;
  readonly voters: readonly number[] | null;
  readonly learners: readonly number[] | null;
  readonly peers: readonly PlannedPeer[];
  readonly explicitLeave: boolean;
  readonly maxLag: number;
  readonly acceptRisks: readonly string[];
  readonly leaderAfter: number | null;
  readonly stallMs: number | null;
  readonly maxRounds: number | null;
  readonly promotion: { readonly when: number; readonly voterDownMs: number } | null;
  readonly keepSpare: boolean;
  readonly reason: string;
}

/** A node that the cluster does not know yet. */
export interface PlannedPeer {
  readonly id: number;
  readonly name: string;
  readonly address: string;
  readonly zone: string | null;
}

/** A plan file of what was asked and what the server planned. */
export function toPlanFile(
  request: ChangeMembersRequest,
  plan: ChangeData,
  planHash: string,
  clusterId: string,
  now: Date,
): PlanFile {
  const content = {
    apiVersion: 'raftctl/v1' as const,
    kind: 'ChangePlanFile' as const,
    createdAt: now.toISOString(),
    clusterId,
    configIndex: plan.configIndexBefore,
    planHash,
    request: {
      requestId: request.requestId,
      voters: request.voters?.ids ?? null,
      learners: request.learners?.ids ?? null,
      peers: request.peers.map(({ id, name, address, zone }) => ({ id, name, address, zone: zone ?? null })),
      explicitLeave: request.explicitLeave,
      maxLag: request.maxLag,
      acceptRisks: request.acceptRisks,
      leaderAfter: request.leaderAfter ?? null,
      stallMs: request.stallMs ?? null,
      maxRounds: request.maxRounds ?? null,
      promotion: request.promotion ?? null,
      keepSpare: request.keepSpare ?? false,
      reason: request.reason,
    },
    plan,
  };
  return { ...content, sha256: sealOf(content) };
}

/** The request that a plan file stands for. */
export function plannedRequest({ request, configIndex, planHash }: PlanFile, by: string): ChangeMembersRequest {
  const { voters, learners, peers, leaderAfter, stallMs, maxRounds, promotion, keepSpare, ...rest } = request;
  return {
    ...rest,
    acceptRisks: [...rest.acceptRisks],
    voters: voters === null ? undefined : { ids: [...voters] },
    learners: learners === null ? undefined : { ids: [...learners] },
    peers: peers.map(({ zone, ...peer }) => ({ ...peer, addedIndex: 0, ...(zone === null ? {} : { zone }) })),
    leaderAfter: leaderAfter ?? undefined,
    stallMs: stallMs ?? undefined,
    maxRounds: maxRounds ?? undefined,
    promotion: promotion ?? undefined,
    keepSpare: keepSpare || undefined,
    ifConfigIndex: configIndex,
    planHash,
    by,
    dryRun: false,
  };
}

/** Writes a plan file whole, or not at all. @throws RaftctlError E_USAGE naming the file */
export async function writePlanFile(path: string, file: PlanFile): Promise<void> {
  // Others are to read it, and nobody else is to write it.
  await writeDocumentFile(path, file, 0o644);
}

/** Reads a plan file. @throws RaftctlError E_USAGE naming the file where it cannot be read, is torn, was edited, or is no plan */
export async function readPlanFile(path: string): Promise<PlanFile> {
  return parsePlanFile(path, await readInputText(path));
}

/** The plan file in a text. @throws RaftctlError E_USAGE naming the file */
export function parsePlanFile(path: string, text: string): PlanFile {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (thrown) {
    throw unusable(path, `it is torn, or no JSON: ${messageOf(thrown)}`);
  }
  if (!isObject(parsed) || parsed['kind'] !== 'ChangePlanFile') {
    throw unusable(path, 'it is no plan of raftctl member plan');
  }
  if (parsed['apiVersion'] !== 'raftctl/v1') throw unusable(path, 'it is of another version of raftctl');
  const { sha256, ...content } = parsed;
  if (isTooDeep(content)) throw unusable(path, 'something in it is not as raftctl member plan writes it');
  if (sha256 !== sealOf(content)) throw unusable(path, 'it was edited after it was made, or is damaged');
  if (!isPlanFile(parsed)) throw unusable(path, 'something in it is not as raftctl member plan writes it');
  return parsed;
}

function unusable(path: string, why: string): RaftctlError {
  return new RaftctlError('E_USAGE', `${path} is no plan to apply: ${why}`, {
    hint: `make a new one: raftctl member plan … --out ${path}`,
  });
}

/** What follows calls itself for each level, and a plan has few. */
function isTooDeep(value: unknown, levels = 32): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isTooDeep(part, levels - 1));
}

function sealOf(content: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(inOrder(content)))
    .digest('hex');
}

/** The same value with the keys of every object in order. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, part]): [string, unknown] => [key, inOrder(part)]);
  return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPlanFile(value: Readonly<Record<string, unknown>>): value is Readonly<Record<string, unknown>> & PlanFile {
  const { clusterId, configIndex, planHash, request, plan } = value;
  const isWhole = isText(clusterId) && isCount(configIndex) && isText(planHash) && isObject(plan);
  return isWhole && isObject(request) && isRequest(request);
}

function isRequest(request: Readonly<Record<string, unknown>>): boolean {
  const { requestId, voters, learners, peers, explicitLeave, maxLag, acceptRisks, leaderAfter, stallMs, reason } =
    request;
  const { maxRounds, promotion, keepSpare } = request;
  return (
    [requestId, reason].every(isText) &&
    [voters, learners].every((ids) => ids === null || (Array.isArray(ids) && ids.every(isCount))) &&
    Array.isArray(peers) &&
    peers.every((peer) => isObject(peer) && isCount(peer['id']) && isText(peer['address']) && isText(peer['name'])) &&
    typeof explicitLeave === 'boolean' &&
    isCount(maxLag) &&
    Array.isArray(acceptRisks) &&
    acceptRisks.every(isText) &&
    [leaderAfter, stallMs, maxRounds].every((number) => number === null || isCount(number)) &&
    (promotion === null || (isObject(promotion) && isCount(promotion['when']) && isCount(promotion['voterDownMs']))) &&
    typeof keepSpare === 'boolean'
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
