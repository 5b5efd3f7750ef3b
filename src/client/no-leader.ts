import { RaftctlError } from '../base/errors.js';
import type { ConfState } from '../gen/raft/v1/raft.js';
import { type NodeStatus, Role } from '../gen/raftctl/v1/cluster.js';
import { type Answer, answersOf, isAnswer, newestAnswer, type Probe } from './survey.js';

/** Why there is nobody to lead, as far as one round of asking shows. */
export interface Absence {
  readonly error: RaftctlError;
  /** Whether waiting may help: an election can be won, or a node is just starting. */
  readonly mayPass: boolean;
}

const roleText: Record<Role, string> = {
  [Role.UNSPECIFIED]: 'in an unknown role',
  [Role.FOLLOWER]: 'follower',
  [Role.PRE_CANDIDATE]: 'pre-candidate',
  [Role.CANDIDATE]: 'candidate',
  [Role.LEADER]: 'leader',
  [Role.LEARNER]: 'learner',
  [Role.NONE]: 'no member',
};

/** Judges a round of asking that found no leader. */
export function explainAbsence(probes: readonly Probe[], everyVoterAsked: boolean): Absence {
  const newest = newestAnswer(probes);
  if (newest === undefined) return probes.every(isAnswer) ? strangersOnly(probes) : nobodyAnswers(probes);
  const { confState } = newest.status;
  if (confState === undefined || confState.voters.length === 0) return notBootstrapped(answersOf(probes));
  return withoutLeader(probes, newest, confState, everyVoterAsked);
}

function nobodyAnswers(probes: readonly Probe[]): Absence {
  const errors = probes.flatMap((probe) => (isAnswer(probe) ? [] : [probe.error]));
  const [first] = errors;
  if (first === undefined) throw new Error('a survey asks at least one address');
  const grave = errors.find((error) => !error.retryable);
  if (errors.length === 1) return { error: first, mayPass: grave === undefined };
  if (grave !== undefined) return { error: withOthers(grave, errors), mayPass: false };
  const error = new RaftctlError(first.code, `none of the ${errors.length} addresses answers`, {
    facts: errors.map(({ message }) => message),
    retryable: true,
    ...(first.hint === undefined ? {} : { hint: first.hint }),
  });
  return { error, mayPass: true };
}

/** The worst of several errors says what is wrong; what the other addresses answered belongs to it. */
function withOthers(worst: RaftctlError, errors: readonly RaftctlError[]): RaftctlError {
  const others = errors.filter((error) => error !== worst).map(({ message }) => message);
  return worst.with({ facts: [...worst.facts, ...others] });
}

function strangersOnly(answers: readonly Answer[]): Absence {
  const error = new RaftctlError('E_WRONG_CLUSTER', 'all nodes that answer belong to another cluster than before', {
    facts: answers.map(({ address, status }) => `node ${status.id} at ${address} is of ${status.clusterId}`),
  });
  return { error, mayPass: false };
}

function notBootstrapped(answers: readonly Answer[]): Absence {
  const nodes = answers.map(({ status, address }) => `node ${status.id} at ${address}`).join(', ');
  const error = new RaftctlError('E_NOT_BOOTSTRAPPED', `${nodes}: not a member of any cluster yet`, {
    hint: 'raftctl cluster bootstrap --help',
  });
  return { error, mayPass: false };
}

function withoutLeader(
  probes: readonly Probe[],
  newest: Answer,
  { voters, votersOutgoing }: ConfState,
  everyVoterAsked: boolean,
): Absence {
  const reachable = new Set(answersOf(probes).map(({ status }) => status.id));
  const sets = votersOutgoing.length === 0 ? [voters] : [voters, votersOutgoing];
  const facts = [...new Set(sets.flat())].sort((a, b) => a - b).map((id) => voterFact(id, newest.status, probes));
  for (const set of sets) {
    const up = set.filter((id) => reachable.has(id)).length;
    const needed = Math.floor(set.length / 2) + 1;
    if (up >= needed || !everyVoterAsked) continue;
    const down = set.filter((id) => !reachable.has(id)).map((id) => nameOf(id, newest.status));
    const which = sets.length === 1 ? '' : ` of {${set.join(',')}}`;
    const message = `no leader — ${up} of ${set.length} voters${which} ${up === 1 ? 'is' : 'are'} reachable, ${needed} are needed`;
    const error = new RaftctlError('E_NO_QUORUM', message, {
      facts,
      retryable: true,
      hint: `start ${down.join(' or ')}`,
    });
    return { error, mayPass: false };
  }
  const error = new RaftctlError('E_NO_LEADER', 'no leader, although enough voters may be there to elect one', {
    facts,
    retryable: true,
    hint: 'raftctl wait leader --timeout 30s',
  });
  return { error, mayPass: true };
}

function nameOf(id: number, { members }: NodeStatus): string {
  return members.find((member) => member.id === id)?.name || `n${id}`;
}

/** `n1  10.0.0.1:7400  up, term 9, candidate`. */
function voterFact(id: number, known: NodeStatus, probes: readonly Probe[]): string {
  const member = known.members.find((candidate) => candidate.id === id);
  const name = nameOf(id, known);
  const answer = answersOf(probes).find(({ status }) => status.id === id);
  if (answer !== undefined) {
    const { status, address } = answer;
    return `${name}  ${address}  up, term ${status.hardState?.term ?? 0}, ${roleText[status.role]}`;
  }
  const address = member?.address ?? '?';
  const failed = probes.find((probe) => probe.address === address);
  return `${name}  ${address}  ${failed === undefined ? 'not asked' : whyNot(failed, known)}`;
}

/** Why who was asked does not count: no answer, or that of a cluster, or of an incarnation of it, which is not meant. */
function whyNot(probe: Probe, known: NodeStatus): string {
  if (!isAnswer(probe)) return shortReason(probe.error);
  const { id, clusterId, incarnation } = probe.status;
  if (clusterId === '') return `up as node ${id}, of no cluster yet`;
  if (clusterId !== known.clusterId) return `up as node ${id}, of cluster ${clusterId}`;
  if (incarnation === known.incarnation) return `up as node ${id}`;
  return `up, of incarnation ${incarnation}: the cluster was recovered or restored since, and is at ${known.incarnation}`;
}

function shortReason(error: RaftctlError): string {
  if (error.code === 'E_CONN_REFUSED') return 'connection refused';
  if (error.code === 'E_CONN_TIMEOUT') return 'no answer in time';
  return error.message;
}
