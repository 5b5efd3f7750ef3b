import { status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import type { CertificateIdentity } from '../../src/base/certificate-identity.js';
import type { PeerIdentity } from '../../src/node/ports.js';
import { checkHello, makeHello } from '../../src/transport/hello.js';
import { shownCertificate } from '../../src/transport/shown-certificate.js';
import { TestNode } from './network.js';

const [ours, theirs] = ['ab'.repeat(16), 'cd'.repeat(16)];
const identityOf = (id: number, more: Partial<PeerIdentity> = {}): PeerIdentity =>
  new TestNode(id, { identity: { clusterId: ours, ...more } }).identity;
const one = identityOf(1);
const two = identityOf(2);
const node = (nodeId: number, clusterId = ours): CertificateIdentity => ({ kind: 'node', clusterId, nodeId });

test('a node that is who its certificate says is heard, a fresh one too', () => {
  expect(checkHello(makeHello(two, 1), one, { certificate: node(2) })).toEqual({ kind: 'accepted' });
  const fresh = identityOf(2, { clusterId: '', configIndex: 0, isVoter: () => false });
  const leader = identityOf(1, { isVoter: () => false });
  expect(checkHello(makeHello(fresh, 1), leader, { certificate: node(2) })).toEqual({ kind: 'accepted' });
  expect(checkHello(makeHello(leader, 2), fresh, { certificate: node(1) })).toMatchObject({ kind: 'adopt' });
});

test.each([
  ['another node’s certificate', node(3), 'the certificate is of node 3, and its holder says that it is node 2'],
  [
    'a client’s',
    { kind: 'client', clusterId: ours, role: 'breakglass', name: 'eve' } as const,
    'a client’s, not a node’s',
  ],
  ['that of another cluster', node(2, theirs), `the certificate of node 2 is for cluster ${theirs}`],
  ['none that says who it is', 'nobody' as const, 'node 2 has shown no certificate that says who it is'],
])('whoever shows %s is refused before anything else is looked at', (_, certificate, reason) => {
  expect(checkHello(makeHello(two, 1), one, { certificate })).toMatchObject({
    kind: 'refused',
    code: status.PERMISSION_DENIED,
    reason: expect.stringContaining(reason.replaceAll('’', "'")),
  });
});

test('a fresh node takes no cluster from a certificate for another one', () => {
  const fresh = identityOf(2, { clusterId: '', configIndex: 0, isVoter: () => false });
  const claims = { ...makeHello(one, 2), clusterId: theirs };
  expect(checkHello(claims, fresh, { certificate: node(1) })).toMatchObject({
    kind: 'refused',
    reason: expect.stringContaining(`node 1 belongs to cluster "${theirs}"`),
  });
});

test('with TLS whoever shows nothing is nobody; without it nothing is asked', () => {
  const bare = { getAuthContext: () => ({}) };
  expect(shownCertificate(bare, true)).toBe('nobody');
  expect(shownCertificate(bare, false)).toBeUndefined();
});
