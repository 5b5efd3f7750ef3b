import { Flags } from '@oclif/core';
import { addressFlag, addressListFlag, durationFlag, idFlag, numberFlag, sizeFlag } from './flags.js';

const identity = {
  id: idFlag({ description: 'id of the node, for ever', required: true }),
  name: Flags.string({ description: 'name for people', helpValue: 'NAME', defaultHelp: async () => 'n and the id' }),
  'data-dir': Flags.string({
    description: 'folder of the node’s data; is made where it is not there',
    helpValue: 'DIR',
    required: true,
  }),
  'state-machine': Flags.string({
    description:
      'what the cluster agrees on: kv, register, or a JavaScript module whose default export is a state machine',
    helpValue: 'kv|register|MODULE',
    default: 'kv',
  }),
  config: Flags.string({
    description: 'YAML file with these flags by their long names; what is given on the command line goes before it',
    helpValue: 'FILE',
  }),
};

const network = {
  // Port 0 is allowed here and nowhere else, so the node reads this address itself.
  listen: Flags.string({
    description: 'address for peers and clients; port 0 takes a free one',
    helpValue: 'HOST:PORT',
    required: true,
    helpGroup: 'NETWORK',
  }),
  advertise: addressFlag({
    description: 'address that others dial, where it is not the one of --listen',
    helpGroup: 'NETWORK',
  }),
  join: addressListFlag({
    description: 'nodes of a cluster to announce this one to, so that a change may name it by its id alone',
    helpGroup: 'NETWORK',
  }),
  metrics: Flags.string({
    description: 'serve metrics for Prometheus here, at /metrics',
    helpValue: 'HOST:PORT',
    helpGroup: 'NETWORK',
  }),
  reflection: Flags.boolean({ description: 'offer gRPC reflection', helpGroup: 'NETWORK' }),
  'tls-cert': Flags.string({
    description: 'certificate of this node',
    helpValue: 'FILE',
    dependsOn: ['tls-key', 'tls-ca'],
    helpGroup: 'NETWORK',
  }),
  'tls-key': Flags.string({
    description: 'private key of --tls-cert',
    helpValue: 'FILE',
    dependsOn: ['tls-cert', 'tls-ca'],
    helpGroup: 'NETWORK',
  }),
  'tls-ca': Flags.string({
    description: 'certificate authority of peers and clients, who must show a certificate',
    helpValue: 'FILE',
    dependsOn: ['tls-cert', 'tls-key'],
    helpGroup: 'NETWORK',
  }),
  'client-tokens': Flags.string({
    description: 'tokens that clients may show instead of a certificate: a file with a role, a name and a hash a line',
    helpValue: 'FILE',
    helpGroup: 'NETWORK',
  }),
  insecure: Flags.boolean({
    description: 'allow plain text beyond this machine, for a lab',
    helpGroup: 'NETWORK',
  }),
};

const count = (description: string) => numberFlag({ description, min: 1, helpGroup: 'TUNING' });

const tuning = {
  tick: durationFlag({
    description: 'length of a tick',
    default: 100,
    defaultHelp: async () => '100ms',
    helpGroup: 'TUNING',
  }),
  'election-ticks': count('ticks without a leader before a node campaigns; one to two times this [default: 10]'),
  'heartbeat-ticks': count('ticks between two heartbeats [default: 1]'),
  'snapshot-entries': count('applied entries after which a snapshot is taken [default: 100000]'),
  'snapshot-log-size': sizeFlag({
    description: 'size of the log after which a snapshot is taken [default: 256MiB]',
    helpGroup: 'TUNING',
  }),
  'keep-entries': numberFlag({
    description: 'entries kept behind a snapshot for those that lag [default: 10000]',
    min: 0,
    helpGroup: 'TUNING',
  }),
  'proposal-size-max': sizeFlag({ description: 'largest proposal [default: 1MiB]', helpGroup: 'TUNING' }),
  'inbox-max': count('proposals that may wait, and messages of peers [default: 16384]'),
  'inbox-size-max': sizeFlag({ description: 'and their size [default: 64MiB]', helpGroup: 'TUNING' }),
  'calls-max': count('proposals and reads that may be taken and not answered yet [default: 65536]'),
  'uncommitted-size-max': sizeFlag({
    description: 'size of proposals that are not committed yet [default: 64MiB]',
    helpGroup: 'TUNING',
  }),
  'space-reserve': sizeFlag({
    description:
      'room on the disk below which the node takes no writes and hands the leadership over [default: 256MiB]',
    helpGroup: 'TUNING',
  }),
  'append-reserve': sizeFlag({
    description:
      'and below which it acknowledges no more entries of a leader; not more than the former [default: 64MiB]',
    helpGroup: 'TUNING',
  }),
};

const log = {
  'log-level': Flags.option({ options: ['debug', 'info', 'warn', 'error'] as const })({
    description: 'lines below this are left out',
    default: 'info',
    helpGroup: 'LOG',
  }),
  'log-format': Flags.option({ options: ['human', 'json'] as const })({
    description: 'form of the lines on stderr',
    default: 'human',
    helpGroup: 'LOG',
  }),
  trace: Flags.string({
    description:
      'append the events of the consensus core to this file, one JSON object a line, in the form of etcd/raft’s state trace',
    helpValue: 'FILE',
    helpGroup: 'LOG',
  }),
};

/** What `node start` understands. */
export const nodeFlags = { ...identity, ...network, ...tuning, ...log };
