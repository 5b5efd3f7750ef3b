import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { identityIn } from '../../src/base/certificate-identity.js';
import { CertificateAuthority } from '../../src/credentials/index.js';

const from = new Date('2030-01-02T03:04:05Z');
const until = new Date('2055-06-07T08:09:10Z');
const node = { kind: 'node', clusterId: 'ab'.repeat(16), nodeId: 3 } as const;
const authority = CertificateAuthority.create({ name: 'lab', notBefore: from, notAfter: until });

describe('an authority', () => {
  test('certifies itself, for signing certificates alone', () => {
    const own = new X509Certificate(authority.cert);
    expect(own.ca).toBe(true);
    expect(own.subject).toBe('CN=lab');
    expect(own.verify(own.publicKey)).toBe(true);
    expect(own.checkIssued(own)).toBe(true);
  });

  test('certifies a node with its identity, its hosts and its times', () => {
    const hosts = ['db-1.example', '10.0.0.1', '::1', '2001:db8::a:1'];
    const { cert, key } = authority.issue({ name: 'n3', identity: node, hosts, notBefore: from, notAfter: until });
    const certificate = new X509Certificate(cert);
    expect(certificate.checkIssued(new X509Certificate(authority.cert))).toBe(true);
    expect(certificate.verify(new X509Certificate(authority.cert).publicKey)).toBe(true);
    expect(key).toContain('BEGIN PRIVATE KEY');
    expect(certificate.ca).toBe(false);
    expect(identityIn(certificate.subjectAltName)).toEqual(node);
    expect(certificate.checkHost('db-1.example')).toBe('db-1.example');
    for (const ip of hosts.slice(1)) expect(certificate.checkIP(ip)).toBe(ip);
    expect(certificate.checkIP('10.0.0.2')).toBeUndefined();
    expect(new Date(certificate.validFrom)).toEqual(from);
    expect(new Date(certificate.validTo)).toEqual(until);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  });

  test('certifies a client that nobody can dial as a client alone', () => {
    const { cert } = authority.issue({ name: 'ops', notBefore: from, notAfter: until });
    expect(new X509Certificate(cert).keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(new X509Certificate(cert).subjectAltName).toBeUndefined();
  });

  test('goes on from its files, and from no others', () => {
    const again = CertificateAuthority.load({ cert: authority.cert, key: authority.exportKey() });
    const { cert, key } = again.issue({ name: 'ops', notBefore: from, notAfter: until });
    expect(new X509Certificate(cert).checkIssued(new X509Certificate(authority.cert))).toBe(true);
    expect(() => CertificateAuthority.load({ cert: authority.cert, key })).toThrow('not the one of the certificate');
    expect(() => CertificateAuthority.load({ cert, key })).toThrow('not the one of an authority');
  });

  test('gives each certificate a number of its own', () => {
    const serials = Array.from({ length: 50 }, () => {
      const { cert } = authority.issue({ name: 'x', notBefore: from, notAfter: until });
      return new X509Certificate(cert).serialNumber;
    });
    expect(new Set(serials).size).toBe(50);
  });
});
