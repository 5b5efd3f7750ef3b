import { RaftctlError } from '../base/errors.js';
import type { AbortOutcome, ChangeRecord, Client } from '../client/index.js';
import { stillRunning } from './change-end.js';
import { type ChangeStatusData, toRecordData } from './change-record-data.js';
import { type ChangeLook, lookAtChange, looks } from './change-status.js';

/** What somebody who takes a change back waits for. */
export interface AbortWish {
  readonly id: string;
  readonly reason: string;
  readonly by: string;
  readonly wait: boolean;
  readonly waitTimeoutMs: number;
  /** How long an election may take, in milliseconds, before nobody leading counts as being stuck. */
  readonly timeoutMs: number;
}

/** What became of the wish. */
export interface AbortResult {
  readonly data: ChangeStatusData & { readonly notedBy: readonly number[] };
  /** Undefined where the change was taken back. */
  readonly error: RaftctlError | undefined;
}

/**
 * Takes a change back, and stays until it is, or cannot be now: a joint configuration is left, forwards or back, by both of its majorities.
 * @throws RaftctlError E_NOT_FOUND, E_CONFLICT where the change has ended
 */
export async function abortChange(client: Client, wish: AbortWish, say: (line: string) => void): Promise<AbortResult> {
  const { data: before } = await lookAtChange(client, wish.id);
  const outcome = await client.changes.abort({ id: before.id, reason: wish.reason, by: wish.by });
  // A joint configuration that no change carries on is rolled back by now, and nothing is remembered of it.
  if (before.id === '' && outcome.notedBy.length === 0) {
    const record = toRecordData(requireRecord(outcome.change));
    return { data: { ...before, ...record, quorums: [], advice: [], notedBy: [] }, error: undefined };
  }
  const look = outcome.notedBy.length > 0 ? undefined : await settled(client, before.id, wish, say);
  const { data } = look ?? (await lookAtChange(client, before.id));
  return { data: { ...data, notedBy: outcome.notedBy }, error: errorOf(data, outcome, look) };
}

function requireRecord(change: ChangeRecord | undefined): ChangeRecord {
  if (change !== undefined) return change;
  throw new RaftctlError('E_NOT_FOUND', 'no change of the members is running', { hint: 'raftctl status' });
}

/** What a leader says to be stuck for less may be about to move. */
const stuckMs = 3000;

/** Looks until the change has ended, is stuck, or the time is over. */
async function settled(
  client: Client,
  id: string,
  { wait, waitTimeoutMs, timeoutMs }: AbortWish,
  say: (line: string) => void,
): Promise<ChangeLook | undefined> {
  const deadlineMs = Date.now() + (wait ? waitTimeoutMs : 0);
  let told = '';
  let ledMs = Date.now();
  for await (const look of looks(client, id)) {
    const { endedAt, stuck, stillMs, text, fromLeader } = look.data;
    if (fromLeader) ledMs = Date.now();
    const isStuck = stuck && (fromLeader ? stillMs >= stuckMs : Date.now() - ledMs >= timeoutMs);
    if (endedAt !== null || isStuck || Date.now() >= deadlineMs) return look;
    if (text !== told) say(`  ${look.data.phase}  ${text}`);
    told = text;
  }
  return undefined;
}

function errorOf(data: ChangeStatusData, { notedBy }: AbortOutcome, look: ChangeLook | undefined) {
  if (data.result === 'aborted') return undefined;
  const facts = [
    ...(data.abortRequested || data.abortObstacle === null
      ? []
      : [`it cannot be taken back now: ${data.abortObstacle}`]),
    ...data.advice,
  ];
  if (notedBy.length > 0) {
    const whom = notedBy.map((id) => `n${id}`).join(', ');
    return new RaftctlError(
      'E_PENDING',
      `there is no leader: ${whom} will take change ${data.id} back once one of them leads`,
      {
        facts,
        changed: 'unknown',
        hint: 'raftctl member change status --watch',
      },
    );
  }
  if (data.result === 'done') {
    return new RaftctlError('E_CONFLICT', `change ${data.id} was carried out before it could be taken back`, {
      changed: 'yes',
      hint: `raftctl member change revert ${data.id}`,
    });
  }
  return look?.end ?? stillRunning(data.id, data.phase);
}
