import type { Warning } from './envelope.js';
import type { ClusterStatusData, NodeData } from './status-data.js';
import { formatBytes, formatDuration } from './units.js';

/** Wall clocks of a cluster may be this far apart, in milliseconds, before it is worth a word: history and certificates go by them. */
export const clockSpreadMsMax = 500;
/** Time before the end of a certificate from which on it is worth a word. */
export const certificateMsMin = 14 * 24 * 3_600_000;
/** Bytes that a disk should have free. */
export const diskFreeBytesMin = 1024 ** 3;
/** Time without a step after which a change is worth more than a word. */
const changeStillMsMax = 30_000;

/** Things about a status that somebody should know, in words: who is missing first, then what that means, then what may come of the rest. */
export function statusWarnings(data: ClusterStatusData, now: Date): Warning[] {
  const members = data.nodes.filter(({ set }) => set !== '-');
  return [
    ...members.flatMap(reachWarnings),
    ...marginWarnings(data),
    ...changeWarnings(data),
    ...members.flatMap(settingWarnings),
    ...clockWarnings(data),
    ...members.flatMap((node) => certificateWarnings(node, now)),
    ...members.flatMap(diskWarnings),
  ];
}

/** Commands that help with what the warnings say, three at most. */
export function nextCommands(data: ClusterStatusData, warnings: readonly Warning[]): string[] {
  const has = (code: string) => warnings.some((warning) => warning.code === code);
  const missing = data.nodes.find(({ set, reachable }) => set !== '-' && !reachable);
  const resting = data.nodes.find(({ drained }) => drained === true);
  const paused = data.nodes.find(({ electionsPaused }) => electionsPaused === true);
  const [cut] = data.quorum.minimalCuts.find(({ length }) => length === 1) ?? [];
  const commands = [
    has('W_CHANGE_STUCK') || has('W_CHANGE') ? 'raftctl member change status' : undefined,
    has('W_JOINT') ? 'raftctl member change leave' : undefined,
    has('W_NO_LEADER') ||
    missing !== undefined ||
    has('W_SILENT') ||
    has('W_CLOCK') ||
    has('W_DISK') ||
    has('W_NO_SPACE')
      ? 'raftctl cluster doctor'
      : undefined,
    has('W_NO_MARGIN') && cut !== undefined ? `raftctl cluster what-if --down ${cut}` : undefined,
    missing === undefined ? undefined : `raftctl wait node=${missing.id}:caught-up`,
    resting === undefined ? undefined : `raftctl node undrain ${resting.id}`,
    paused === undefined ? undefined : `raftctl node election resume ${paused.id}`,
  ];
  return commands.filter((command) => command !== undefined).slice(0, 3);
}

function marginWarnings(data: ClusterStatusData): Warning[] {
  const { quorum, leader, nodes } = data;
  if (leader === null) return [{ code: 'W_NO_LEADER', message: 'there is no leader: nothing is written' }];
  if (!quorum.available || quorum.tolerates > 0 || quorum.toleratesNominal === 0) return [];
  const cut = [...new Set(quorum.minimalCuts.filter(({ length }) => length === 1).flat())];
  const named = cut.map((id) => nodes.find((node) => node.id === id)?.name ?? `n${id}`).join(' or ');
  return [{ code: 'W_NO_MARGIN', message: `one more voter failure (${named}) stops writes.`, nodes: cut }];
}

function reachWarnings(node: NodeData): Warning[] {
  const nodes = [node.id];
  if (!node.reachable) {
    const seen = node.lastSeenMs === null ? '' : ` for ${formatDuration(node.lastSeenMs)}`;
    const behind = node.progress?.needsSnapshot ? ' It is behind the compacted log and will need a snapshot.' : '';
    const why = node.error === null ? '' : ` (${node.error.message})`;
    return [{ code: 'W_UNREACHABLE', message: `${node.name} is unreachable${seen}${why}.${behind}`, nodes }];
  }
  if (node.progress?.recentActive === false) {
    return [{ code: 'W_SILENT', message: `${node.name} answers here, but not the leader.`, nodes }];
  }
  if (node.progress?.needsSnapshot && node.progress.state !== 'snapshot') {
    const message = `${node.name} is behind the compacted log and needs a snapshot.`;
    return [{ code: 'W_NEEDS_SNAPSHOT', message, nodes }];
  }
  return [];
}

function changeWarnings({ change, changeState, config, leader, quorum }: ClusterStatusData): Warning[] {
  const warnings: Warning[] = [];
  if (change !== null) {
    const { phase = '', text = '', runsMs, stillMs = 0 } = changeState ?? {};
    const isStill = stillMs > changeStillMsMax && phase !== 'ready';
    const stuck = phase === 'stuck' || phase === 'in-doubt' || isStill || !quorum.available;
    const runs = runsMs === undefined ? 'is running' : `has been running for ${formatDuration(runsMs)}`;
    const still = stuck && stillMs > 0 ? `, without a step for ${formatDuration(stillMs)}` : '';
    const at = [text.startsWith(phase) ? '' : phase, text].filter(Boolean).join(', ');
    const message = `change ${change} ${runs}${still}${at === '' ? '' : `: ${at}`}`;
    const halves = quorum.sets.filter(({ live, needed }) => live < needed).map(({ name }) => name);
    const without =
      halves.length === 0 ? '' : `. It can go neither on nor back: no majority of ${halves.join(' nor of ')}`;
    warnings.push({ code: stuck ? 'W_CHANGE_STUCK' : 'W_CHANGE', message: `${message}${without}` });
  }
  if (leader !== null && config.joint && !config.autoLeave) {
    const message = 'the configuration stays joint until it is left: raftctl member change leave';
    warnings.push({ code: 'W_JOINT', message });
  }
  return warnings;
}

function settingWarnings({ id, name, drained, electionsPaused }: NodeData): Warning[] {
  if (drained) return [{ code: 'W_DRAINED', message: `${name} is drained: it does not lead.`, nodes: [id] }];
  if (!electionsPaused) return [];
  return [{ code: 'W_ELECTIONS_PAUSED', message: `elections are paused on ${name}: it does not lead.`, nodes: [id] }];
}

/** Clocks are held against the leader's, or where there is none against the one in the middle: the one of this machine may be wrong itself. */
function clockWarnings({ nodes, leader }: ClusterStatusData): Warning[] {
  const known = nodes.flatMap(({ id, name, clockAheadMs }) =>
    clockAheadMs === null ? [] : [{ id, name, ahead: clockAheadMs }],
  );
  const middle = known.map(({ ahead }) => ahead).sort((a, b) => a - b)[Math.floor(known.length / 2)];
  const reference = known.find(({ id }) => id === leader?.id)?.ahead ?? middle ?? 0;
  return known
    .filter(({ ahead }) => Math.abs(ahead - reference) > clockSpreadMsMax)
    .map(({ id, name, ahead }) => {
      const offset = ahead - reference;
      const whose = leader === null ? 'the others’' : 'the leader’s';
      const message = `the clock of ${name} is ${formatDuration(Math.abs(offset))} ${offset > 0 ? 'ahead of' : 'behind'} ${whose}.`;
      return { code: 'W_CLOCK', message, nodes: [id] };
    });
}

function certificateWarnings({ id, name, certificateEndsAt, credentialsProblem }: NodeData, now: Date): Warning[] {
  if (credentialsProblem !== null) {
    const message = `${name} cannot use its new certificate or tokens: ${credentialsProblem}`;
    return [{ code: 'W_CREDENTIALS', message, nodes: [id] }, ...endWarnings({ id, name, certificateEndsAt }, now)];
  }
  return endWarnings({ id, name, certificateEndsAt }, now);
}

function endWarnings(
  { id, name, certificateEndsAt }: Pick<NodeData, 'id' | 'name' | 'certificateEndsAt'>,
  now: Date,
): Warning[] {
  if (certificateEndsAt === null) return [];
  const leftMs = Date.parse(certificateEndsAt) - now.getTime();
  if (leftMs > certificateMsMin) return [];
  const when = leftMs > 0 ? `ends in ${formatDuration(leftMs)}` : `ended ${formatDuration(-leftMs)} ago`;
  return [{ code: 'W_CERTIFICATE', message: `the certificate of ${name} ${when}.`, nodes: [id] }];
}

/** What a node without room on its disk does not do any more; undefined where it has some, or nobody says. */
export function spaceAlarm({ name, space, diskFreeBytes }: NodeData): string | undefined {
  if (space !== 'low' && space !== 'full') return undefined;
  const free = `the disk of ${name} has ${formatBytes(diskFreeBytes ?? 0)} free`;
  return `${free}: it ${space === 'low' ? 'takes no writes as a leader' : 'acknowledges no more entries'}`;
}

function diskWarnings(node: NodeData): Warning[] {
  const { id, name, diskFreeBytes } = node;
  const alarm = spaceAlarm(node);
  if (alarm !== undefined) return [{ code: 'W_NO_SPACE', message: `${alarm}.`, nodes: [id] }];
  if (diskFreeBytes === null || diskFreeBytes >= diskFreeBytesMin) return [];
  const message = `the disk of ${name} has ${formatBytes(diskFreeBytes)} free.`;
  return [{ code: 'W_DISK', message, nodes: [id] }];
}
