import type { QuorumAcks } from '../../gen/raftctl/v1/member.js';
import { quorumNeeded } from '../../membership/index.js';
import type { NodeContext } from '../node-context.js';

/**
 * Who of each majority of the applied configuration has acknowledged the log up to `index`. Only the leader knows; elsewhere nobody has, and
 * who is missing is who cannot be reached from here.
 */
export function quorumAcks(context: NodeContext, index: number): QuorumAcks[] {
  const { voters, votersOutgoing } = context.applied.confState;
  const connected = context.connectedIds().add(context.options.id);
  const acks = (set: string, ids: readonly number[]): QuorumAcks => {
    const acked = ids.filter((id) => context.isLeader && context.matchOf(id) >= index);
    const missing = ids.filter((id) => !acked.includes(id) && !connected.has(id));
    return { set, voters: [...ids], needed: quorumNeeded(ids.length), acked, missing };
  };
  if (votersOutgoing.length === 0) return [acks('voters', voters)];
  return [acks('incoming', voters), acks('outgoing', votersOutgoing)];
}

/** Whether each of the majorities is there. */
export function isAcknowledged(quorums: readonly QuorumAcks[]): boolean {
  return quorums.every(({ acked, needed }) => acked.length >= needed);
}

/** Majorities that cannot come about: too many of the voters are missing. */
export function brokenQuorums(quorums: readonly QuorumAcks[]): QuorumAcks[] {
  return quorums.filter(({ voters, needed, missing }) => voters.length - missing.length < needed);
}
