import { status } from '@grpc/grpc-js';
import { messageOf } from '../base/errors.js';
import type { PeerHello } from '../gen/raftctl/v1/transport.js';
import type { PeerIdentity, TransportEvents } from '../node/ports.js';
import { checkHello, type HelloVerdict, type SpeakerFacts } from './hello.js';

/** The verdict on a hello once there is nothing left to wait for. */
export type Admission = Exclude<HelloVerdict, { kind: 'adopt' }>;

/** Checks a hello; a fresh node that may join the speaker's cluster does so first. Never rejects. */
export async function admit(
  hello: PeerHello,
  identity: PeerIdentity,
  events: TransportEvents,
  facts: SpeakerFacts = {},
): Promise<Admission> {
  const verdict = checkHello(hello, identity, facts);
  if (verdict.kind === 'refused') tellSuperseded(hello, verdict, identity, events);
  if (verdict.kind !== 'adopt') return verdict;
  try {
    await events.onAdopt(verdict.clusterId, verdict.stateMachine, verdict.incarnation);
  } catch (thrown) {
    return { kind: 'refused', code: status.FAILED_PRECONDITION, reason: messageOf(thrown) };
  }
  // Two strangers may have asked at once: whoever came second is held against the cluster that the first one brought.
  const again = checkHello(hello, identity, facts);
  if (again.kind !== 'adopt') return again;
  return {
    kind: 'refused',
    code: status.FAILED_PRECONDITION,
    reason: `node ${identity.nodeId} did not join the cluster`,
  };
}

/** A member of a later incarnation than this node has spoken; a stranger's word does not count. */
function tellSuperseded(
  { from }: PeerHello,
  { incarnations }: Extract<HelloVerdict, { kind: 'refused' }>,
  identity: PeerIdentity,
  events: TransportEvents,
): void {
  if (incarnations === undefined || incarnations.speaker <= incarnations.hearer) return;
  if (identity.isKnown(from, 0)) events.onSuperseded?.(from, incarnations.speaker);
}
