import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { type CertificateIdentity, formatIdentity, isClusterId } from '../base/certificate-identity.js';
import { messageOf, RaftctlError } from '../base/errors.js';
import { CertificateAuthority, newClusterId } from '../credentials/index.js';
import { parseClientName, parseClientRole } from './client-name.js';
import { renderTable, type TableOptions } from './table.js';
import { writeNewFile } from './write-new-file.js';

const dayMs = 86_400_000;
/** The authority outlives what it signs. */
const authorityDays = 3650;
/** Clocks differ, and a certificate is used at once. */
const clockSkewMs = 300_000;
const authorityName = 'raftctl cluster ';

/** What `certs create` is to make. */
export interface CertsPlan {
  readonly dir: string;
  /** Undefined: the one of the authority that is there, or a new one. */
  readonly clusterId: string | undefined;
  readonly nodes: readonly NodeCertificate[];
  readonly clients: readonly ClientCertificate[];
  /** How long the certificates are good. */
  readonly days: number;
}

/** A client: its role, and its name. */
export type ClientCertificate = Omit<Extract<CertificateIdentity, { kind: 'client' }>, 'clusterId'>;

/** A node, and the names and addresses at which it is dialled. */
export interface NodeCertificate {
  readonly id: number;
  readonly hosts: readonly string[];
}

/** `data` of `certs create`. */
export interface CertsData {
  readonly clusterId: string;
  readonly dir: string;
  /** The authority's certificate, for --tls-ca and --cacert. */
  readonly ca: string;
  readonly files: readonly CertificateData[];
}

/** One certificate that was made. */
export interface CertificateData {
  readonly identity: string;
  readonly cert: string;
  readonly key: string;
  readonly expires: string;
}

/** Reads `1=db-1.example` and `1=db-1.example,10.0.0.1`. @throws RaftctlError E_USAGE */
export function parseNodeCertificate(text: string): NodeCertificate {
  const [, id, hosts = ''] = /^([1-9][0-9]*)=(.+)$/.exec(text) ?? [];
  const names = hosts.split(',');
  if (id === undefined || !Number.isSafeInteger(Number(id)) || !names.every(isHost)) {
    throw new RaftctlError('E_USAGE', `"${text}" must be ID=HOST or ID=HOST,HOST, without a port`);
  }
  return { id: Number(id), hosts: names };
}

const isHost = (name: string) => isIP(name) !== 0 || /^[A-Za-z0-9.-]+$/.test(name);

/** Reads `admin:ops`. @throws RaftctlError E_USAGE */
export function parseClientCertificate(text: string): ClientCertificate {
  const [role = '', name = '', ...more] = text.split(':');
  if (more.length > 0) throw new RaftctlError('E_USAGE', `"${text}" must be ROLE:NAME`);
  return { kind: 'client', role: parseClientRole(role), name: parseClientName(name) };
}

/**
 * Makes the certificates of a plan, and their authority where it is not there yet. Nothing is written over.
 * @throws RaftctlError E_CONFLICT for a file that is there, E_USAGE for a plan or a folder that cannot be used
 */
export function createCerts(plan: CertsPlan, now: Date): CertsData {
  const { dir, nodes, clients, days } = plan;
  if (plan.clusterId !== undefined && !isClusterId(plan.clusterId)) {
    throw new RaftctlError('E_USAGE', `--cluster-id ${plan.clusterId}: must be 32 lower-case hex digits`);
  }
  const wanted = [
    ...nodes.map(({ id, hosts }) => ({ file: `node-${id}`, hosts, who: { kind: 'node', nodeId: id } as const })),
    ...clients.map((who) => ({ file: who.name, hosts: [], who })),
  ];
  if (wanted.length === 0)
    throw new RaftctlError('E_USAGE', 'nothing to make: give --node ID=HOST or --client ROLE:NAME');
  refuseTaken(dir, ['ca', ...wanted.map(({ file }) => file)]);
  if (mkdirSync(dir, { recursive: true, mode: 0o700 }) !== undefined) chmodSync(dir, 0o700);
  const { authority, clusterId } = openAuthority(plan, now);
  const notBefore = new Date(now.getTime() - clockSkewMs);
  const notAfter = new Date(now.getTime() + days * dayMs);
  const files = wanted.map(({ file, hosts, who }) => {
    const identity = { ...who, clusterId };
    const made = authority.issue({ name: file, identity, hosts, notBefore, notAfter });
    const [cert, key] = [join(dir, `${file}.pem`), join(dir, `${file}-key.pem`)];
    writeNewFile(key, made.key, 0o600);
    writeNewFile(cert, made.cert, 0o644);
    return { identity: formatIdentity(identity), cert, key, expires: notAfter.toISOString() };
  });
  return { clusterId, dir, ca: join(dir, 'ca.pem'), files };
}

/** Before anything is made: files that two would have, and files that are there. */
function refuseTaken(dir: string, names: readonly string[]): void {
  const [authority = [], ...others] = names.map((name) => [`${name}.pem`, `${name}-key.pem`]);
  const files = others.flat();
  const twice = files.find((file, at) => authority.includes(file) || files.indexOf(file) !== at);
  if (twice !== undefined) throw new RaftctlError('E_USAGE', `two files would be called ${twice}`);
  const there = files.find((file) => existsSync(join(dir, file)));
  if (there === undefined) return;
  throw new RaftctlError('E_CONFLICT', `${join(dir, there)} is there already, and is not written over`, {
    hint: 'move it away, or name another --dir',
  });
}

function openAuthority({ dir, clusterId }: CertsPlan, now: Date) {
  const [certFile, keyFile] = [join(dir, 'ca.pem'), join(dir, 'ca-key.pem')];
  if (existsSync(certFile)) return loadAuthority(certFile, keyFile, clusterId);
  const ofCluster = clusterId ?? newClusterId();
  const authority = CertificateAuthority.create({
    name: `${authorityName}${ofCluster}`,
    notBefore: new Date(now.getTime() - clockSkewMs),
    notAfter: new Date(now.getTime() + authorityDays * dayMs),
  });
  writeNewFile(keyFile, authority.exportKey(), 0o600);
  writeNewFile(certFile, authority.cert, 0o644);
  return { authority, clusterId: ofCluster };
}

function loadAuthority(certFile: string, keyFile: string, wantedId: string | undefined) {
  let authority: CertificateAuthority;
  try {
    authority = CertificateAuthority.load({
      cert: readFileSync(certFile, 'utf8'),
      key: readFileSync(keyFile, 'utf8'),
    });
  } catch (thrown) {
    throw new RaftctlError('E_USAGE', `${certFile} is not an authority that can sign: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
  const clusterId = authority.name.startsWith(authorityName) ? authority.name.slice(authorityName.length) : wantedId;
  if (clusterId === undefined)
    throw new RaftctlError('E_USAGE', `${certFile} does not say its cluster: give --cluster-id`);
  if (wantedId !== undefined && wantedId !== clusterId) {
    throw new RaftctlError('E_CONFLICT', `${certFile} is the authority of cluster ${clusterId}, not of ${wantedId}`);
  }
  return { authority, clusterId };
}

/** What was made, and what to do with it. */
export async function certsText(data: CertsData, options: TableOptions): Promise<string> {
  const heads = ['IDENTITY', 'CERTIFICATE', 'KEY', 'EXPIRES'].map((head) => ({ head }));
  const rows = data.files.map(({ identity, cert, key, expires }) => [identity, cert, key, expires.slice(0, 10)]);
  const table = await renderTable(heads, rows, options);
  return `${table}\n\ncluster id  ${data.clusterId}\nauthority   ${data.ca}\n\nnext: raftctl cluster bootstrap --cluster-id ${data.clusterId} …`;
}
