/**
 * What nodes and clients show each other: certificates, made with the cryptography that Node brings, and tokens.
 *
 *     authority.ts   signs certificates that say who their holder is (base/certificate-identity.ts)
 *     der.ts         how they are encoded
 *     pem-check.ts   whether files of certificates and keys can be used, with a sentence that names the one that cannot
 *     token.ts       random tokens, and the hashes that nodes keep of them
 *
 * What must never happen here: decoding a certificate (OpenSSL does), any file, and any decision on who may do what.
 */
export { CertificateAuthority, type CertificateRequest, type CertifiedKey } from './authority.js';
export { checkAuthorities, checkCertifiedKey, type PemFile } from './pem-check.js';
export { isToken, newClusterId, newToken, tokenHash, tokenLine } from './token.js';
