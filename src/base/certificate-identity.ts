import { type ClientRole, isClientRole } from './permissions.js';

/**
 * Who the holder of a certificate is: a node of a cluster, or somebody with a role in it. Stands in the certificate as a URI among the
 * subject's alternative names, in the form of SPIFFE; the common name says nothing:
 *
 *     spiffe://raftctl/<cluster id>/node/<node id>
 *     spiffe://raftctl/<cluster id>/<role>/<name>
 */
export type CertificateIdentity =
  | { readonly kind: 'node'; readonly clusterId: string; readonly nodeId: number }
  | { readonly kind: 'client'; readonly clusterId: string; readonly role: ClientRole; readonly name: string };

const prefix = 'spiffe://raftctl/';

/** Whether this can be the name of a client in its certificate, or of a token: 1 to 64 letters, digits and `.`, `_`, `@`, `-`. */
export function isClientName(text: string): boolean {
  return /^[A-Za-z0-9._@-]{1,64}$/.test(text);
}

/** Whether this is the id of a cluster: 128 bits as 32 lower-case hex digits. */
export function isClusterId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}

/** The URI of an identity. */
export function formatIdentity(identity: CertificateIdentity): string {
  const who = identity.kind === 'node' ? `node/${identity.nodeId}` : `${identity.role}/${identity.name}`;
  return `${prefix}${identity.clusterId}/${who}`;
}

/** The identity in a URI; undefined where it is none of ours. */
export function parseIdentity(uri: string): CertificateIdentity | undefined {
  if (!uri.startsWith(prefix)) return undefined;
  const [clusterId = '', kind = '', name = '', ...more] = uri.slice(prefix.length).split('/');
  if (more.length > 0 || !isClusterId(clusterId)) return undefined;
  if (kind === 'node') {
    const nodeId = /^[1-9][0-9]{0,15}$/.test(name) ? Number(name) : Number.NaN;
    return Number.isSafeInteger(nodeId) ? { kind, clusterId, nodeId } : undefined;
  }
  return isClientRole(kind) && isClientName(name) ? { kind: 'client', clusterId, role: kind, name } : undefined;
}

/**
 * The identity in the alternative names of a certificate, as Node prints them: `DNS:localhost, URI:spiffe://…`. A name with anything odd in it
 * stands there in quotes, so none can smuggle in another one. Undefined where there is no identity, more than one, or anything that is not
 * understood: nobody is taken for somebody by a guess.
 */
export function identityIn(subjectAltName: string | undefined): CertificateIdentity | undefined {
  let rest = subjectAltName ?? '';
  const found: CertificateIdentity[] = [];
  while (rest !== '') {
    const name = /^([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/.exec(rest);
    if (name === null) return undefined;
    const [whole, kind, value = ''] = name;
    rest = rest.slice(whole.length);
    const identity = kind === 'URI' ? parseIdentity(value) : undefined;
    if (identity !== undefined) found.push(identity);
    else if (kind === 'URI' && value.includes(prefix)) return undefined;
  }
  return found.length === 1 ? found[0] : undefined;
}
