import { diskFreeBytesMin, spaceAlarm, statusWarnings } from '../status-warnings.js';
import { formatBytes, formatDuration } from '../units.js';
import { type Examination, type Finding, membersOf, nodeLine } from './finding.js';

/** Entries that a node may lag behind before it is worth a word. */
const lagMax = 1000;

/** Nodes that are gone, lag behind, or run out of room. */
export function nodeCauses(examination: Examination): Finding[] {
  return [
    ...missingNodes(examination),
    ...laggingNodes(examination),
    ...fullDisks(examination),
    ...settings(examination),
  ];
}

function missingNodes({ data }: Examination): Finding[] {
  return membersOf(data)
    .filter(({ reachable, progress }) => !reachable || progress?.recentActive === false)
    .map((node) => {
      const { id, name, reachable, lastSeenMs, progress } = node;
      const seen = lastSeenMs === null ? [] : [`the leader last heard of it ${formatDuration(lastSeenMs)} ago`];
      const { code = '' } = node.error ?? {};
      // What accepts connections and says nothing is there, and would refuse to be started twice.
      const revive = code === 'E_CONN_TIMEOUT' ? `start ${name}, or wake it where it stands still` : `start ${name}`;
      const behind = progress?.needsSnapshot ? ['it is behind the compacted log and will need a snapshot'] : [];
      return {
        id: reachable ? 'silent-node' : 'unreachable-node',
        severity: 'acts-now' as const,
        what: reachable ? `${name} answers here, but not the leader` : `${name} does not answer`,
        evidence: [nodeLine(node), ...seen, ...behind],
        next: reachable ? [`raftctl node show ${id}`] : [revive, `raftctl wait node=${id}:caught-up`],
        nodes: [id],
      };
    });
}

function laggingNodes({ data, before }: Examination): Finding[] {
  return membersOf(data).flatMap((node): Finding[] => {
    const { id, name, reachable, progress } = node;
    const was = before?.nodes.find((other) => other.id === id)?.progress;
    if (!reachable || progress === null || progress.recentActive === false) return [];
    const finding = {
      severity: 'warning' as const,
      nodes: [id],
      next: ['raftctl progress -o wide', `raftctl node show ${id}`],
    };
    const { state, lag, match, snapshotBytesSent, snapshotBytesTotal, needsSnapshot } = progress;
    if (state === 'snapshot') {
      const still = was?.state === 'snapshot' && was.snapshotBytesSent === snapshotBytesSent;
      const sent = `${formatBytes(snapshotBytesSent ?? 0)} of ${formatBytes(snapshotBytesTotal ?? 0)} sent`;
      const what = still ? `the snapshot for ${name} stands still` : `${name} is being sent a snapshot`;
      return [
        {
          ...finding,
          id: still ? 'snapshot-standing-still' : 'snapshot-running',
          severity: still ? 'acts-now' : 'warning',
          what,
          evidence: [sent],
        },
      ];
    }
    if (needsSnapshot) {
      return [
        {
          ...finding,
          id: 'needs-snapshot',
          what: `${name} is behind the compacted log and needs a snapshot`,
          evidence: [`it has ${match}, the log begins at ${data.log.first}`],
        },
      ];
    }
    if (state === 'probe' && was?.state === 'probe' && was.match === match) {
      const what = `the leader still looks for where the log of ${name} agrees with its own`;
      return [
        {
          ...finding,
          id: 'probe',
          what,
          evidence: [`match ${match}, next ${progress.next}, ${progress.paused ? 'paused' : 'not paused'}`],
        },
      ];
    }
    const falling = was !== null && was !== undefined && lag >= was.lag;
    if (lag <= lagMax || !falling) return [];
    return [
      {
        ...finding,
        id: 'lag',
        what: `${name} lags ${lag} entries and does not come nearer`,
        evidence: [`${progress.rate} entries a second`],
      },
    ];
  });
}

function fullDisks({ view, data }: Examination): Finding[] {
  return membersOf(data).flatMap((node): Finding[] => {
    const storage = view.nodes.find(({ id }) => id === node.id)?.status?.storage;
    if (storage === undefined) return [];
    const { diskFreeBytes, dbBytes, dataDir } = storage;
    const finding = {
      nodes: [node.id],
      next: [`make room in ${dataDir} of ${node.name}`, 'raftctl snapshot trigger --all'],
    };
    const evidence = [`${dataDir}: ${formatBytes(diskFreeBytes)} free, database ${formatBytes(dbBytes)}`];
    const alarm = spaceAlarm(node);
    if (alarm !== undefined) {
      const next = [`make room in ${dataDir} of ${node.name}: it goes on by itself`, 'raftctl alarm list'];
      return [{ nodes: [node.id], next, id: 'disk', severity: 'acts-now', what: alarm, evidence }];
    }
    if (diskFreeBytes >= diskFreeBytesMin) return [];
    const full = diskFreeBytes < diskFreeBytesMin / 8;
    const what = `the disk of ${node.name} is ${full ? 'full, or all but' : 'nearly full'}`;
    return [{ ...finding, id: 'disk', severity: full ? 'acts-now' : 'warning', what, evidence }];
  });
}

/** What `status` warns of too: clocks, certificates, drained nodes. */
function settings({ data, now }: Examination): Finding[] {
  const ids: Readonly<Record<string, string>> = {
    W_CLOCK: 'clock',
    W_CERTIFICATE: 'certificate',
    W_CREDENTIALS: 'credentials',
    W_DRAINED: 'drained',
    W_ELECTIONS_PAUSED: 'elections-paused',
  };
  return statusWarnings(data, now).flatMap(({ code, message, nodes = [] }): Finding[] => {
    const id = ids[code];
    if (id === undefined) return [];
    const node = data.nodes.find((other) => nodes.includes(other.id));
    const ended =
      id === 'certificate' &&
      node?.certificateEndsAt !== null &&
      Date.parse(node?.certificateEndsAt ?? '') <= now.getTime();
    const next = {
      clock: ['let NTP set the clocks of the machines'],
      certificate: ['give the node a new certificate in the same files: it reads them by itself'],
      credentials: ['mend the files: the node reads them again by itself'],
      drained: [`raftctl node undrain ${node?.id}`],
      'elections-paused': [`raftctl node election resume ${node?.id}`],
    }[id];
    const what = message.replace(/\.$/, '');
    return [{ id, severity: ended ? 'acts-now' : 'warning', what, evidence: [], next: next ?? [], nodes }];
  });
}
