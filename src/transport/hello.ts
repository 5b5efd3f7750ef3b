import { status } from '@grpc/grpc-js';
import { otherInstance } from '../base/instance.js';
import type { PeerHello } from '../gen/raftctl/v1/transport.js';
import type { PeerIdentity } from '../node/ports.js';
import type { ShownCertificate } from './shown-certificate.js';

/** What a node answers to a hello. */
export type HelloVerdict =
  | { readonly kind: 'accepted' }
  /** Accepted once this node, which is fresh, has become one of the speaker's cluster. */
  | {
      readonly kind: 'adopt';
      readonly clusterId: string;
      readonly stateMachine: string;
      readonly incarnation: number;
    }
  | {
      readonly kind: 'refused';
      readonly code: status;
      readonly reason: string;
      /** Where the two are of different incarnations of one cluster: both of them. */
      readonly incarnations?: { readonly speaker: number; readonly hearer: number };
    };

/** The hello of this node to node `to`. */
export function makeHello(identity: PeerIdentity, to: number): PeerHello {
  return {
    clusterId: identity.clusterId,
    incarnation: identity.incarnation,
    from: identity.nodeId,
    to,
    address: identity.address,
    version: identity.version,
    hearerIsVoter: identity.isVoter(to),
    stateMachine: identity.stateMachine,
    configIndex: identity.configIndex,
    instance: identity.instance,
    hearerInstance: identity.instanceOf(to),
    wallClockMs: identity.wallClockMs,
    abilities: identity.abilities,
  };
}

/** Longest piece of a stranger's text that is repeated to people, in characters. */
const quotedCharactersMax = 64;

/** Text of a stranger, safe for a log line and for the header that carries a status. */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, quotedCharactersMax));
}

function refused(code: status, reason: string): HelloVerdict {
  return { kind: 'refused', code, reason };
}

/** Who the speaker is, as far as this node knows it from elsewhere than its hello. */
export interface SpeakerFacts {
  /** Whom this node dialled; left out where the other side did. */
  readonly dialled?: number;
  /** What its certificate says; left out where there is no TLS. */
  readonly certificate?: ShownCertificate | undefined;
}

/** Whether the speaker is who its certificate says that it is. */
function checkCertificate(
  hello: PeerHello,
  identity: PeerIdentity,
  certificate: ShownCertificate | undefined,
): HelloVerdict | undefined {
  if (certificate === undefined) return undefined;
  if (certificate === 'nobody') {
    return refused(status.PERMISSION_DENIED, `node ${hello.from} has shown no certificate that says who it is`);
  }
  if (certificate.kind !== 'node') {
    return refused(status.PERMISSION_DENIED, `the certificate of ${certificate.name} is a client's, not a node's`);
  }
  if (certificate.nodeId !== hello.from) {
    const says = `the certificate is of node ${certificate.nodeId}, and its holder says that it is node ${hello.from}`;
    return refused(status.PERMISSION_DENIED, says);
  }
  for (const [whose, clusterId] of [
    [`node ${hello.from}`, hello.clusterId],
    [`node ${identity.nodeId}`, identity.clusterId],
  ]) {
    if (clusterId === '' || clusterId === certificate.clusterId) continue;
    const says = `the certificate of node ${hello.from} is for cluster ${certificate.clusterId}, and ${whose} belongs to`;
    return refused(status.PERMISSION_DENIED, `${says} cluster ${quoted(clusterId ?? '')}`);
  }
  return undefined;
}

/** Whether speaker and hearer are who they think they are. */
function checkIds(hello: PeerHello, identity: PeerIdentity, dialled: number | undefined): HelloVerdict | undefined {
  const { from, to } = hello;
  if (from === 0) return refused(status.PERMISSION_DENIED, 'node id 0 is no node');
  if (from === to || from === identity.nodeId) {
    return refused(status.PERMISSION_DENIED, `node ${from} speaks to itself: two nodes have one id`);
  }
  if (dialled !== undefined && from !== dialled) {
    return refused(status.FAILED_PRECONDITION, `node ${from} answers at this address, not node ${dialled}`);
  }
  if (to !== identity.nodeId)
    return refused(status.FAILED_PRECONDITION, `this is node ${identity.nodeId}, not node ${to}`);
  return undefined;
}

/** Whether two nodes that both belong to a cluster belong to the same one. */
function checkCluster(hello: PeerHello, identity: PeerIdentity): HelloVerdict | undefined {
  if (hello.clusterId !== identity.clusterId) {
    return refused(
      status.FAILED_PRECONDITION,
      `node ${identity.nodeId} belongs to cluster ${quoted(identity.clusterId)}, node ${hello.from} to ${quoted(hello.clusterId)}`,
    );
  }
  if (hello.incarnation !== identity.incarnation) return otherIncarnation(hello, identity);
  // A voter has applied a configuration at least. One that has not lost its data, and was taken in since by somebody who did not know.
  if (hello.configIndex === 0 && identity.isVoter(hello.from)) {
    return refused(status.FAILED_PRECONDITION, lostData(hello.from));
  }
  if (identity.configIndex === 0 && hello.hearerIsVoter) {
    return refused(status.FAILED_PRECONDITION, lostData(identity.nodeId));
  }
  return undefined;
}

/** The cluster was recovered without its quorum: who is of the time before has promises that no longer hold. */
function otherIncarnation(hello: PeerHello, identity: PeerIdentity): HelloVerdict {
  const [speaker, hearer] = [hello.incarnation, identity.incarnation];
  const older = speaker < hearer ? hello.from : identity.nodeId;
  const at = `node ${older} is of incarnation ${Math.min(speaker, hearer)} of the cluster, which is at ${Math.max(speaker, hearer)} now`;
  return {
    kind: 'refused',
    code: status.FAILED_PRECONDITION,
    reason: `${at}: it was recovered without that node, or that node has not carried out the plan of the recovery or restore`,
    incarnations: { speaker, hearer },
  };
}

/** Whether the side of the two that has no cluster may have none. */
function checkFresh(hello: PeerHello, identity: PeerIdentity): HelloVerdict {
  if (hello.clusterId !== '') {
    // A new voter is always a learner first, so a voter without a cluster is one that has forgotten its votes.
    if (hello.hearerIsVoter) return refused(status.FAILED_PRECONDITION, lostData(identity.nodeId));
    const { clusterId, stateMachine, incarnation } = hello;
    return { kind: 'adopt', clusterId, stateMachine, incarnation };
  }
  if (identity.clusterId === '') {
    return refused(
      status.FAILED_PRECONDITION,
      `neither node ${identity.nodeId} nor node ${hello.from} belongs to a cluster`,
    );
  }
  if (identity.isVoter(hello.from)) return refused(status.FAILED_PRECONDITION, lostData(hello.from));
  return { kind: 'accepted' };
}

/**
 * Whether speaker and hearer have the data directories that each knows of the other. A node that has lost its disk and comes back under
 * its old id may have promised what it has forgotten. Whose configuration is older than the other's does not judge: the id may have been
 * removed since, and given to another node.
 */
function checkInstances(hello: PeerHello, identity: PeerIdentity): HelloVerdict | undefined {
  const { from, to, instance, hearerInstance } = hello;
  const known = identity.instanceOf(from);
  if (identity.configIndex >= hello.configIndex && known !== undefined && known !== instance) {
    return refused(status.FAILED_PRECONDITION, otherInstance(from, instance, known));
  }
  if (
    hello.configIndex >= identity.configIndex &&
    hearerInstance !== undefined &&
    hearerInstance !== identity.instance
  ) {
    return refused(status.FAILED_PRECONDITION, otherInstance(to, identity.instance, hearerInstance));
  }
  return undefined;
}

function lostData(id: number): string {
  return `voter ${id} has lost its data: remove it and add it again as a new member`;
}

/** Whether this node and the speaker may talk. */
export function checkHello(hello: PeerHello, identity: PeerIdentity, facts: SpeakerFacts = {}): HelloVerdict {
  const wrongHolder = checkCertificate(hello, identity, facts.certificate);
  if (wrongHolder !== undefined) return wrongHolder;
  const wrongIds = checkIds(hello, identity, facts.dialled);
  if (wrongIds !== undefined) return wrongIds;
  const bothBelong = hello.clusterId !== '' && identity.clusterId !== '';
  const wrongCluster = bothBelong ? checkCluster(hello, identity) : undefined;
  if (wrongCluster !== undefined) return wrongCluster;
  if (hello.stateMachine !== '' && identity.stateMachine !== '' && hello.stateMachine !== identity.stateMachine) {
    return refused(
      status.FAILED_PRECONDITION,
      `node ${identity.nodeId} runs state machine ${quoted(identity.stateMachine)}, node ${hello.from} runs ${quoted(hello.stateMachine)}`,
    );
  }
  const wrongInstance = checkInstances(hello, identity);
  if (wrongInstance !== undefined) return wrongInstance;
  if (!identity.isKnown(hello.from, hello.configIndex)) {
    return refused(
      status.PERMISSION_DENIED,
      `node ${hello.from} is not a member of the cluster since index ${identity.configIndex} or before`,
    );
  }
  return bothBelong ? { kind: 'accepted' } : checkFresh(hello, identity);
}
