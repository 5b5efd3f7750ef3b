import { loadText } from '../node-data.js';
import type { ClusterStatusData, NodeData } from '../status-data.js';
import { formatBytes, formatDuration, orUnknown } from '../units.js';

/** What is known of one node, a line each. */
export function nodePanel(node: NodeData, data: ClusterStatusData): string[] {
  const { progress, log, error } = node;
  const leads = data.leader?.id === node.id;
  const lines = [
    `node     ${node.id}  ${node.name}  ${node.address}${node.zone === null ? '' : `  zone ${node.zone}`}`,
    `role     ${node.role} (${node.set})   term ${orUnknown(node.term)}   ${standing(node)}`,
    `log      ${log === null ? '?' : `${log.first}..${log.last}   commit ${log.commit}`}   applied ${orUnknown(node.applied)}`,
    `load     ${loadText(node)}`,
    `storage  ${orUnknown(node.dbBytes, formatBytes)}   disk free ${orUnknown(node.diskFreeBytes, formatBytes)}   snapshot ${node.snapshotIndex ?? '-'}`,
  ];
  if (progress !== null) {
    const { state, match, next, lag, rate, inflight, inflightMax, paused } = progress;
    lines.push(
      `tracker  ${state}   match ${match}   next ${next}   lag ${lag}   ${rate}/s   inflight ${inflight}/${inflightMax}${paused ? '   paused' : ''}`,
    );
  }
  if (!leads) {
    lines.push(
      `link     last seen ${orUnknown(node.lastSeenMs, formatDuration)}   rtt ${orUnknown(node.rttMs, formatDuration)}`,
    );
  }
  if (error !== null) lines.push(`error    ${error.message}`);
  return lines;
}

function standing({ version, uptimeMs, drained, electionsPaused }: NodeData): string {
  const rests = drained ? '   drained' : electionsPaused ? '   elections paused' : '';
  return `version ${orUnknown(version)}   up ${orUnknown(uptimeMs, formatDuration)}${rests}`;
}
