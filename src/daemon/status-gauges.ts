import { Gauge, type Registry } from 'prom-client';
import { type NodeStatus, Role } from '../gen/raftctl/v1/cluster.js';

type Reader = (status: NodeStatus) => number;

/** Gauges of the node as a whole: name, what it is, and where the status says it. */
const plainGauges: readonly [string, string, Reader][] = [
  ['term', 'Current term.', ({ hardState }) => hardState?.term ?? 0],
  ['leader', 'Id of the known leader; 0 where there is none.', ({ leader }) => leader],
  ['is_leader', 'Whether this node is the leader.', ({ role }) => Number(role === Role.LEADER)],
  ['config_index', 'Index of the last applied change of the members.', ({ configIndex }) => configIndex],
  ['voters', 'Voters of the applied configuration.', ({ confState }) => confState?.voters.length ?? 0],
  ['learners', 'Learners of the applied configuration.', ({ confState }) => confState?.learners.length ?? 0],
  [
    'joint',
    'Whether the configuration is joint.',
    ({ confState }) => Number((confState?.votersOutgoing.length ?? 0) > 0),
  ],
  ['log_first_index', 'First index of the log.', ({ log }) => log?.first ?? 0],
  ['log_last_index', 'Last index of the log.', ({ log }) => log?.last ?? 0],
  ['log_bytes', 'Bytes of the entries in the log, about.', ({ log }) => log?.bytes ?? 0],
  ['commit_index', 'Highest index known to be committed.', ({ log }) => log?.commit ?? 0],
  ['applied_index', 'Highest index that is applied.', ({ log }) => log?.applied ?? 0],
  ['persisted_index', 'Highest index that is flushed.', ({ log }) => log?.persisted ?? 0],
  ['snapshot_index', 'Index of the newest snapshot.', ({ snapshots }) => snapshots[0]?.index ?? 0],
  ['db_bytes', 'Bytes of the data file.', ({ storage }) => storage?.dbBytes ?? 0],
  ['disk_free_bytes', 'Bytes that are free beside the data file.', ({ storage }) => storage?.diskFreeBytes ?? 0],
  [
    'certificate_ends_timestamp_seconds',
    'When the certificate ends, in seconds since 1970-01-01 UTC; 0 without TLS.',
    ({ certificateEndsMs }) => (certificateEndsMs ?? 0) / 1000,
  ],
  [
    'credentials_stale',
    'Whether what the certificate, key or token files hold now cannot be used.',
    ({ credentialsProblem }) => Number(credentialsProblem !== undefined),
  ],
  [
    'space_level',
    'Room on the disk: 1 ample, 2 too little for writes, 3 for entries too.',
    ({ space }) => space?.level ?? 0,
  ],
  ['uptime_seconds', 'Time since the node started.', ({ uptimeMs }) => uptimeMs / 1000],
];

/** Gauges of each peer; only the leader knows progress. */
const peerGauges: readonly [string, string, (status: NodeStatus) => [peer: number, value: number][]][] = [
  [
    'peer_match_index',
    'Highest index known to be on the peer.',
    ({ progress }) => progress.map((p) => [p.id, p.match]),
  ],
  ['peer_inflight', 'Appends on their way to the peer.', ({ progress }) => progress.map((p) => [p.id, p.inflight])],
  ['peer_connected', 'Whether the peer is connected.', ({ links }) => links.map((l) => [l.id, Number(l.connected)])],
  [
    'peer_rtt_seconds',
    'Round trip to the peer.',
    ({ links }) => links.flatMap(({ id, rttMs }) => (rttMs === undefined ? [] : [[id, rttMs / 1000]])),
  ],
];

/** Adds gauges that ask for the status when they are read. */
export function addStatusGauges(registry: Registry, status: () => NodeStatus): void {
  const registers = [registry];
  for (const [name, help, read] of plainGauges) {
    const gauge: Gauge = new Gauge({
      name: `raftctl_${name}`,
      help,
      registers,
      collect: () => gauge.set(read(status())),
    });
  }
  for (const [name, help, read] of peerGauges) {
    const gauge = new Gauge({
      name: `raftctl_${name}`,
      help,
      labelNames: ['peer'],
      registers,
      collect() {
        gauge.reset();
        for (const [peer, value] of read(status())) gauge.set({ peer: String(peer) }, value);
      },
    });
  }
  const help = 'Version and identity of this node.';
  const build = new Gauge({
    name: 'raftctl_build_info',
    help,
    labelNames: ['version', 'node', 'cluster', 'state_machine'],
    registers,
    collect() {
      const { version, id, clusterId, stateMachine } = status();
      build.reset();
      build.set({ version, node: String(id), cluster: clusterId, state_machine: stateMachine }, 1);
    },
  });
}
