import type { QuorumSet } from '../gen/raftctl/v1/member.js';
import { minimalCuts, quorumNeeded, quorumSets, STOPPED, tolerance, type VoterSets } from './tolerance.js';

/** Where a log ends. */
export interface LogEnd {
  readonly term: number;
  readonly index: number;
}

/** A cluster at one moment, seen or supposed, as far as leading and writing go. */
export interface Situation {
  readonly sets: VoterSets;
  /** Who runs and can talk to the others that do. */
  readonly live: ReadonlySet<number>;
  /** Who leads; 0: nobody. */
  readonly leader: number;
  /** Ends of the logs as far as they are known; a voter without one is taken to vote for nobody. */
  readonly logs: ReadonlyMap<number, LogEnd>;
  /** Voters that do not campaign: drained, or with their elections paused. */
  readonly declining: ReadonlySet<number>;
}

/** What a situation allows. */
export interface Outcome {
  readonly quorums: readonly QuorumSet[];
  /** Whether writes go on, after an election where the leader is not among the living. */
  readonly writes: boolean;
  /** Whether the leader of before goes on. */
  readonly keepsLeader: boolean;
  /** Voters that can win an election, ascending. */
  readonly winners: readonly number[];
  /** How many more live voters may be lost, whichever they are; `STOPPED` where there is no majority. */
  readonly tolerates: number;
  /** Smallest sets of live voters whose loss stops writes. */
  readonly minimalCuts: readonly (readonly number[])[];
}

/** Judges a situation: by majorities alone for what can be lost, and by the ends of the logs for who can lead. */
export function judgeSituation(situation: Situation): Outcome {
  const { sets, live, leader } = situation;
  const tolerates = tolerance(sets, live);
  const winners = tolerates === STOPPED ? [] : candidates(situation).filter((id) => wins(id, situation));
  const keepsLeader = leader !== 0 && live.has(leader) && tolerates !== STOPPED;
  return {
    quorums: quorumSets(sets, live),
    writes: keepsLeader || winners.length > 0,
    keepsLeader,
    winners,
    tolerates,
    minimalCuts: minimalCuts(sets, live),
  };
}

function candidates({ sets, live, declining, logs }: Situation): number[] {
  const voters = new Set(sets.flat());
  return [...voters].filter((id) => live.has(id) && !declining.has(id) && logs.has(id)).sort((a, b) => a - b);
}

/** Paper §5.4.1: a voter gives its vote to a candidate whose log is at least as up-to-date as its own. */
function wins(candidate: number, { sets, live, logs }: Situation): boolean {
  const own = logs.get(candidate);
  if (own === undefined) return false;
  return sets.every((voters) => {
    const votes = voters.filter((id) => {
      const theirs = live.has(id) ? logs.get(id) : undefined;
      return theirs !== undefined && isUpToDate(own, theirs);
    });
    return votes.length >= quorumNeeded(voters.length);
  });
}

function isUpToDate(candidate: LogEnd, voter: LogEnd): boolean {
  return candidate.term > voter.term || (candidate.term === voter.term && candidate.index >= voter.index);
}

/** All ways to lose one or two of the live voters of a situation. */
export function smallLosses({ sets, live }: Situation): number[][] {
  const voters = [...new Set(sets.flat())].filter((id) => live.has(id)).sort((a, b) => a - b);
  const pairs = voters.flatMap((left, at) => voters.slice(at + 1).map((right) => [left, right]));
  return [...voters.map((id) => [id]), ...pairs];
}

/** The same without these nodes. */
export function without(situation: Situation, lost: readonly number[]): Situation {
  const live = new Set([...situation.live].filter((id) => !lost.includes(id)));
  return { ...situation, live };
}
