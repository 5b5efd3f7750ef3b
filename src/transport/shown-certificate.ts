import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { type CertificateIdentity, identityIn } from '../base/certificate-identity.js';

/** What a caller has shown of itself; `nobody`: it has to show something, and has not. */
export type ShownCertificate = CertificateIdentity | 'nobody';

/** @returns undefined where peers show nothing, because there is no TLS */
export function shownCertificate(
  call: Pick<ServerInterceptingCallInterface, 'getAuthContext'>,
  secured: boolean,
): ShownCertificate | undefined {
  if (!secured) return undefined;
  return identityIn(call.getAuthContext().sslPeerCertificate?.subjectaltname) ?? 'nobody';
}
