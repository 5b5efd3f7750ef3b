import { quorumNeeded, voterSets } from '../../membership/tolerance.js';
import { judgeSituation } from '../../membership/what-if.js';
import { formatIds } from '../units.js';
import { situationOf } from '../what-if-phases.js';
import { type Examination, type Finding, membersOf, nodeLine } from './finding.js';

/** Why there is no leader, or one without a majority. */
export function leadershipCauses(examination: Examination): Finding[] {
  const { data } = examination;
  if (data.leader !== null) return data.quorum.available ? [] : [tooFewVoters(examination)];
  if (!data.quorum.available) return [tooFewVoters(examination)];
  return [nobodyElected(examination)];
}

/** Which majority is missing, and who of it. */
function tooFewVoters({ view, data }: Examination): Finding {
  const short = voterSets(view.confState).flatMap((voters) => {
    const missing = voters.filter((id) => !data.nodes.some((node) => node.id === id && isThere(node, data)));
    const live = voters.length - missing.length;
    return live >= quorumNeeded(voters.length) ? [] : [{ voters, missing, live, needed: quorumNeeded(voters.length) }];
  });
  const missing = [...new Set(short.flatMap((set) => set.missing))].sort((a, b) => a - b);
  const counts = short.map(({ voters, live, needed }) => {
    const which = data.config.joint ? ` of {${formatIds([...voters].sort((a, b) => a - b))}}` : '';
    return `${live} of ${voters.length} voters${which} ${live === 1 ? 'is' : 'are'} in reach, ${needed} are needed`;
  });
  const joint = data.config.joint
    ? ['the configuration is joint: a majority of both sets is needed, to go on and to go back']
    : [];
  return {
    id: data.config.joint ? 'joint-without-majorities' : 'no-quorum',
    severity: 'acts-now',
    what: `nothing is written: ${counts.join('; ')}`,
    evidence: [...joint, ...data.nodes.filter(({ id }) => missing.includes(id)).map(nodeLine)],
    next: [
      `start ${missing.map((id) => data.nodes.find((node) => node.id === id)?.name ?? `n${id}`).join(' or ')}`,
      'raftctl recover --help',
    ],
    nodes: missing,
  };
}

function isThere({ reachable, progress }: Examination['data']['nodes'][number], data: Examination['data']): boolean {
  return data.leader === null ? reachable : progress?.recentActive !== false;
}

/** A majority is in reach, and still nobody leads. */
function nobodyElected({ view, data }: Examination): Finding {
  const voters = membersOf(data).filter(({ set, reachable }) => set.startsWith('voter') && reachable);
  const resting = voters.filter(({ drained, electionsPaused }) => drained || electionsPaused);
  const situation = situationOf(view);
  const finding = { id: 'no-leader', severity: 'acts-now', nodes: voters.map(({ id }) => id) } as const;
  if (judgeSituation(situation).winners.length === 0 && resting.length > 0) {
    const [first] = resting;
    return {
      ...finding,
      what: 'nobody leads: no voter in reach that may campaign has what the others have',
      evidence: resting.map(({ name, drained }) => `${name} is ${drained ? 'drained' : 'kept from elections'}`),
      next: [first?.drained ? `raftctl node undrain ${first.id}` : `raftctl node election resume ${first?.id}`],
    };
  }
  const cut = view.nodes.flatMap(({ name, status }) =>
    (status?.links ?? []).filter(({ connected }) => !connected).map(({ id, error }) => ({ name, id, error })),
  );
  const reached = cut.filter(({ id }) => voters.some((voter) => voter.id === id));
  if (reached.length > 0) {
    return {
      ...finding,
      what: 'nobody leads: the voters answer here, but do not reach each other',
      evidence: reached.map(({ name, id, error }) => `${name} does not reach node ${id}${error ? `: ${error}` : ''}`),
      next: ['mend the network between them', 'raftctl wait leader --timeout 30s'],
    };
  }
  const candidates = voters.filter(({ role }) => role.endsWith('candidate'));
  return {
    ...finding,
    what:
      candidates.length > 1
        ? 'nobody leads: candidates split the votes'
        : 'nobody leads: an election is running, or about to begin',
    evidence: voters.map(nodeLine),
    next: ['raftctl wait leader --timeout 30s'],
  };
}
