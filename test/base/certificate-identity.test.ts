import { describe, expect, test } from 'vitest';
import { formatIdentity, identityIn, parseIdentity } from '../../src/base/certificate-identity.js';

const cluster = '0123456789abcdef0123456789abcdef';
const uri = `spiffe://raftctl/${cluster}/operator/ci@build-7`;

test('an identity reads back as it was written', () => {
  for (const identity of [
    { kind: 'node', clusterId: cluster, nodeId: Number.MAX_SAFE_INTEGER },
    { kind: 'client', clusterId: cluster, role: 'viewer', name: 'grafana' },
  ] as const) {
    expect(parseIdentity(formatIdentity(identity))).toEqual(identity);
  }
});

test.each([
  ['another domain', `spiffe://other/${cluster}/admin/eve`],
  ['a short cluster id', 'spiffe://raftctl/abc/admin/eve'],
  ['a cluster id in capitals', `spiffe://raftctl/${cluster.toUpperCase()}/admin/eve`],
  ['a role that there is not', `spiffe://raftctl/${cluster}/root/eve`],
  ['no name', `spiffe://raftctl/${cluster}/admin/`],
  ['more than a name', `spiffe://raftctl/${cluster}/admin/eve/mallory`],
  ['an escaped slash', `spiffe://raftctl/${cluster}/admin/eve%2Fx`],
  ['node 0', `spiffe://raftctl/${cluster}/node/0`],
  ['a node id with a sign', `spiffe://raftctl/${cluster}/node/+1`],
  ['a node id above 2^53', `spiffe://raftctl/${cluster}/node/9007199254740992`],
  ['capitals in the scheme', `SPIFFE://raftctl/${cluster}/admin/eve`],
])('%s is no identity', (_, text) => {
  expect(parseIdentity(text)).toBeUndefined();
});

describe('the alternative names of a certificate', () => {
  test('have the identity among host names', () => {
    expect(identityIn(`DNS:a.example, URI:${uri}, IP Address:127.0.0.1`)).toMatchObject({ role: 'operator' });
    expect(identityIn(`URI:https://example.org, URI:${uri}`)).toMatchObject({ name: 'ci@build-7' });
  });

  test.each([
    ['nothing', undefined],
    ['host names alone', 'DNS:localhost'],
    ['two identities', `URI:${uri}, URI:spiffe://raftctl/${cluster}/admin/eve`],
    ['a second one that is malformed', `URI:${uri}, URI:spiffe://raftctl/${cluster}/root/eve`],
    ['one that a host name pretends to hold', `DNS:"x, URI:${uri}"`],
    ['one behind a quote that does not end', `DNS:"x, URI:${uri}`],
    ['one in quotes', `URI:"${uri}\\u0000"`],
    ['one behind something that is not understood', `DNS:a"b, URI:${uri}`],
  ])('say nobody with %s', (_, names) => {
    expect(identityIn(names)).toBeUndefined();
  });
});
