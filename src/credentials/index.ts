/**
 * What nodes and clients show each other: certificates, made with the cryptography that Node brings, and tokens.
 *
 *     authority.ts   signs certificates that say who their holder is (base/certificate-identity.ts)
 *     der.ts         how they are encoded
 *     token.ts       random tokens, and the hashes that nodes keep of them
 *
 * What must never happen here: reading a certificate of somebody else (OpenSSL does), any file, and any decision on who may do what.
 */
export { CertificateAuthority, type CertificateRequest, type CertifiedKey } from './authority.js';
export { isToken, newClusterId, newToken, tokenHash, tokenLine } from './token.js';
