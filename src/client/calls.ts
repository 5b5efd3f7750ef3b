import { RaftctlError } from '../base/errors.js';
import type { Connection } from './connection.js';
import type { KnownLeader } from './directory.js';
import { explainAbsence } from './no-leader.js';
import { pauseBefore } from './pause.js';
import { type ClientContext, isAnswer, namedLeader, newestAnswer, survey } from './survey.js';

/**
 * What a repetition of a call does. A `read` changes nothing. A `recognised` change carries something by which the cluster knows it again,
 * so a repetition is not applied twice. A `single` change must not be sent again once it may have arrived.
 */
export type Effect = 'read' | 'recognised' | 'single';

/** One attempt at a call. */
export type Attempt<Result> = (connection: Connection, deadlineMs: number) => Promise<Result>;

/** How a call is to be made. */
export interface CallSpec<Result> {
  readonly effect: Effect;
  readonly attempt: Attempt<Result>;
  /** What to tell somebody whose change has an unknown outcome. */
  readonly unknownHint?: string;
  /** By what the change is known again. */
  readonly requestId?: string;
}

/** Leader hints that are followed before the client looks around again. */
const hopsMax = 3;
/** How long a thing that time will hardly mend is tried again: not less than two rounds. */
const patienceMs = 1500;
/** Time that must be left for a change to be sent once more. */
const leastRoundMs = 100;

/**
 * Makes a call on the leader. Tries the one last known, follows hints, looks around again with pauses while there is none but one could be
 * elected, until the deadline. Where too few voters are reachable for a leader it gives up sooner.
 */
export function callLeader<Result>(context: ClientContext, spec: CallSpec<Result>): Promise<Result> {
  const { node } = context.settings;
  if (node !== undefined) return callNode(context, node, spec);
  return persist(context, spec, async (state) => {
    let leader = context.directory.leader ?? (await findLeader(context, state));
    for (let hop = 0; ; hop++) {
      try {
        const result = await attemptAt(context, leader.address, spec, state);
        context.directory.leader = leader;
        return result;
      } catch (thrown) {
        context.directory.leader = undefined;
        const hint = thrown instanceof RaftctlError ? thrown.leaderHint : undefined;
        if (hint === undefined || hint.address === '' || hop === hopsMax || hint.address === leader.address)
          throw thrown;
        leader = hint;
      }
    }
  });
}

/** Makes a call on one node and no other. @throws RaftctlError E_NOT_FOUND for an id that nobody knows */
export function callNode<Result>(context: ClientContext, id: number, spec: CallSpec<Result>): Promise<Result> {
  return persist(context, spec, async (state) => {
    const address = context.directory.addressOf(id) ?? (await findNode(context, id, state));
    try {
      return await attemptAt(context, address, spec, state);
    } catch (thrown) {
      // Asked for by name: that another one leads is the answer, and waiting for this one is only worth a little while.
      state.patient = false;
      throw thrown;
    }
  });
}

/** Makes a reading call on any node that answers: by preference the leader, then the one with the newest configuration. */
export function callAny<Result>(context: ClientContext, attempt: Attempt<Result>): Promise<Result> {
  const spec: CallSpec<Result> = { effect: 'read', attempt };
  const { node } = context.settings;
  if (node !== undefined) return callNode(context, node, spec);
  return persist(context, spec, async (state) => {
    const probes = await survey(
      context,
      state.deadlineMs,
      (seen) => namedLeader(seen, context.directory) !== undefined,
    );
    const address = namedLeader(probes, context.directory)?.address ?? newestAnswer(probes)?.address;
    if (address === undefined) throw giveUpOn(state, probes, context);
    return await attemptAt(context, address, spec, state);
  });
}

/** What a call has come to so far. */
interface CallState {
  readonly startedMs: number;
  readonly deadlineMs: number;
  /** Whether it is worth waiting until the deadline for another answer. */
  patient: boolean;
  /** Whether a change may have reached a node that has not answered. */
  maybeSent: boolean;
  sentTo: string;
  /** Why the round before failed. */
  before: RaftctlError | undefined;
}

async function persist<Result>(
  context: ClientContext,
  spec: CallSpec<Result>,
  round: (state: CallState) => Promise<Result>,
): Promise<Result> {
  const { settings } = context;
  const startedMs = Date.now();
  const state: CallState = {
    startedMs,
    deadlineMs: startedMs + settings.timeoutMs,
    patient: true,
    maybeSent: false,
    sentTo: '',
    before: undefined,
  };
  for (let attempt = 1; ; attempt++) {
    state.patient = true;
    const beganMs = Date.now();
    try {
      return await round(state);
    } catch (thrown) {
      if (!(thrown instanceof RaftctlError)) throw thrown;
      const roundMs = Date.now() - beganMs;
      if (thrown.code === 'E_NO_SPACE') state.patient = false;
      const limitMs = state.patient || state.maybeSent ? settings.timeoutMs : Math.min(patienceMs, settings.timeoutMs);
      const worthIt = attempt < 2 || Date.now() - startedMs < limitMs;
      const over = Date.now() >= state.deadlineMs;
      if (!worthIt || over || !mayRepeat(thrown, spec, state)) {
        // The last round was merely cut short; the one before it has the reason.
        const cutShort = over && thrown.code === 'E_CONN_TIMEOUT';
        throw verdict((cutShort ? state.before : undefined) ?? thrown, spec, state);
      }
      state.before = thrown;
      settings.onRetry?.(thrown);
      await pauseBefore(attempt, settings.random, state.deadlineMs);
      if (isTooLate(spec, state, roundMs)) throw verdict(thrown, spec, state);
    }
  }
}

/** Whether a change that was refused would be cut short if it were sent once more: its outcome, known so far, would be unknown. */
function isTooLate<Result>({ effect }: CallSpec<Result>, state: CallState, roundMs: number): boolean {
  if (effect === 'read' || state.maybeSent) return false;
  return state.deadlineMs - Date.now() < Math.max(leastRoundMs, 2 * roundMs);
}

async function attemptAt<Result>(
  { connections, settings }: ClientContext,
  address: string,
  { effect, attempt }: CallSpec<Result>,
  state: CallState,
): Promise<Result> {
  const connection = connections.to(address);
  await connection.settle(Math.min(state.deadlineMs, Date.now() + settings.dialTimeoutMs));
  try {
    return await attempt(connection, state.deadlineMs);
  } catch (thrown) {
    if (effect !== 'read' && thrown instanceof RaftctlError && thrown.changed === 'unknown') {
      state.maybeSent = true;
      state.sentTo = address;
    }
    throw thrown;
  }
}

function mayRepeat<Result>(error: RaftctlError, { effect }: CallSpec<Result>, state: CallState): boolean {
  if (state.maybeSent && effect === 'single') return false;
  if (error.code === 'E_NOT_LEADER' && !state.patient) return false;
  return (
    error.retryable || error.code === 'E_NOT_LEADER' || (error.code === 'E_OUTCOME_UNKNOWN' && effect === 'recognised')
  );
}

/** The error to end with: where something was sent that nobody answered for, that is what has to be known. */
function verdict<Result>(error: RaftctlError, spec: CallSpec<Result>, state: CallState): RaftctlError {
  if (!state.maybeSent || error.code === 'E_INTERNAL') return error;
  if (!error.retryable && error.changed !== 'unknown') return refusedAfterwards(error, state);
  const { requestId, unknownHint } = spec;
  const hint =
    unknownHint ?? (requestId && `re-run the same command with --request-id ${requestId} (it is not applied twice)`);
  return new RaftctlError(
    'E_OUTCOME_UNKNOWN',
    'sent the change, then lost the answer — it may or may not have been applied',
    {
      facts: [
        ...(requestId === undefined ? [] : [`request ${requestId}`]),
        `sent to ${state.sentTo}`,
        `then: ${error.message}`,
        ...error.facts,
      ],
      changed: 'unknown',
      ...(hint === undefined ? {} : { hint }),
      cause: error,
    },
  );
}

/** A refusal of the last attempt says nothing of one before it, which was sent and never answered. */
function refusedAfterwards(error: RaftctlError, { sentTo }: CallState): RaftctlError {
  if (error.changed === 'yes') return error;
  const facts = [...error.facts, `an attempt before it was sent to ${sentTo}, and its answer was lost`];
  return error.with({ facts, changed: 'unknown', cause: error });
}

/** Looks around for a leader. @throws RaftctlError E_NO_LEADER, E_NO_QUORUM, E_NOT_BOOTSTRAPPED, or why nobody answers */
async function findLeader(context: ClientContext, state: CallState): Promise<KnownLeader> {
  const { directory } = context;
  const probes = await survey(context, state.deadlineMs, (seen) => namedLeader(seen, directory) !== undefined);
  const leader = namedLeader(probes, directory);
  if (leader === undefined) throw giveUpOn(state, probes, context);
  return leader;
}

async function findNode(context: ClientContext, id: number, state: CallState): Promise<string> {
  const { directory } = context;
  const probes = await survey(context, state.deadlineMs, () => directory.addressOf(id) !== undefined);
  const address = directory.addressOf(id);
  if (address !== undefined) return address;
  if (!probes.some(isAnswer)) throw giveUpOn(state, probes, context);
  throw new RaftctlError('E_NOT_FOUND', `no node ${id} is known at ${directory.addresses().join(', ')}`, {
    hint: 'raftctl member list',
  });
}

function giveUpOn(
  state: CallState,
  probes: Parameters<typeof explainAbsence>[0],
  { settings }: ClientContext,
): RaftctlError {
  const { error, mayPass } = explainAbsence(probes, settings.discover);
  // Where nobody answers at all, or too few are there to elect anyone, waiting long is of little use.
  state.patient = mayPass && probes.some(isAnswer);
  return error;
}
