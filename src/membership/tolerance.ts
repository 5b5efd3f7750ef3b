import type { ConfState } from '../gen/raft/v1/raft.js';
import type { QuorumSet } from '../gen/raftctl/v1/member.js';

/** Tolerance of a configuration whose writes have stopped. */
export const STOPPED = -1;
/**
 * Sets looked at for each half when minimal cuts are listed. Enough for 15 voters; a list for more may end early.
 */
export const CUT_CANDIDATES_MAX = 10_000;

/** Voters whose majority is needed, for each half of a configuration. A half without voters needs nothing. */
export type VoterSets = readonly (readonly number[])[];

/** The halves of a configuration: two while it is joint, otherwise one. */
export function voterSets(confState: Pick<ConfState, 'voters' | 'votersOutgoing'>): VoterSets {
  return [confState.voters, confState.votersOutgoing].filter((voters) => voters.length > 0);
}

/** Voters that are more than half of `count`. */
export function quorumNeeded(count: number): number {
  return Math.floor(count / 2) + 1;
}

/** Each half with what it needs and what it has. */
export function quorumSets(sets: VoterSets, live: ReadonlySet<number>): QuorumSet[] {
  return nonEmpty(sets).map((voters) => ({
    voters: [...voters],
    needed: quorumNeeded(voters.length),
    live: liveOf(voters, live).length,
  }));
}

/**
 * How many more live voters may be lost, whichever they are, before writes and elections stop; `STOPPED` where they have already.
 * A joint configuration needs a majority of each half, so it stands as long as its weaker half.
 */
export function tolerance(sets: VoterSets, live: ReadonlySet<number>): number {
  const margins = quorumSets(sets, live).map((set) => set.live - set.needed);
  return Math.max(STOPPED, Math.min(...margins));
}

/**
 * The sets of live voters whose loss stops writes and of which nobody can be left out, smallest first; none where they have stopped.
 * A half stops when it is one short, so its cuts are all sets of (live − needed + 1) of its live voters. In a joint configuration a
 * cut of one half that holds a cut of the other is not minimal.
 */
export function minimalCuts(sets: VoterSets, live: ReadonlySet<number>): number[][] {
  if (tolerance(sets, live) === STOPPED) return [];
  const halves = nonEmpty(sets).map((voters) => {
    const alive = liveOf(voters, live);
    return { alive: new Set(alive), cutSize: alive.length - quorumNeeded(voters.length) + 1 };
  });
  const cuts = new Map<string, number[]>();
  for (const { alive, cutSize } of halves) {
    let looked = 0;
    for (const cut of combinations([...alive], cutSize)) {
      looked += 1;
      if (looked > CUT_CANDIDATES_MAX) break;
      const holdsAnother = halves.some(
        (other) => other.cutSize < cutSize && cut.filter((id) => other.alive.has(id)).length >= other.cutSize,
      );
      if (!holdsAnother) cuts.set(cut.join(), cut);
    }
  }
  return [...cuts.values()].sort((left, right) => left.length - right.length || compareLists(left, right));
}

function nonEmpty(sets: VoterSets): VoterSets {
  return sets.filter((voters) => voters.length > 0);
}

/** Ascending. */
function liveOf(voters: readonly number[], live: ReadonlySet<number>): number[] {
  return voters.filter((id) => live.has(id)).sort((left, right) => left - right);
}

/** All ways to take `size` of `from`, in lexicographic order. */
function* combinations(from: readonly number[], size: number): Iterable<number[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (const [at, first] of from.entries()) {
    if (from.length - at < size) return;
    for (const rest of combinations(from.slice(at + 1), size - 1)) yield [first, ...rest];
  }
}

function compareLists(left: readonly number[], right: readonly number[]): number {
  const differs = left.findIndex((id, at) => id !== right[at]);
  return differs < 0 ? 0 : (left[differs] ?? 0) - (right[differs] ?? 0);
}
