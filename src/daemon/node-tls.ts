import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { ChannelCredentials } from '@grpc/grpc-js';
import { identityIn } from '../base/certificate-identity.js';
import type { TlsMaterial } from './tls-files.js';

/**
 * Credentials with which this node dials others.
 * @param nodeId whom it expects there; undefined: any node of its cluster
 */
export function peerCredentials(tls: TlsMaterial | undefined, nodeId?: number): ChannelCredentials {
  if (tls === undefined) return ChannelCredentials.createInsecure();
  const { ca, key, cert, identity } = tls;
  return ChannelCredentials.createSsl(ca, key, cert, {
    checkServerIdentity: (host, certificate) =>
      checkServerIdentity(host, certificate) ?? checkNode(certificate, identity.clusterId, nodeId),
  });
}

function checkNode(
  { subjectaltname }: PeerCertificate,
  clusterId: string,
  nodeId: number | undefined,
): Error | undefined {
  const identity = identityIn(subjectaltname);
  const isOurs = identity?.kind === 'node' && identity.clusterId === clusterId;
  if (isOurs && (nodeId === undefined || identity.nodeId === nodeId)) return undefined;
  const whom = nodeId === undefined ? 'a node' : `node ${nodeId}`;
  return new Error(`the certificate is not that of ${whom} of cluster ${clusterId}: ${subjectaltname ?? 'no names'}`);
}
