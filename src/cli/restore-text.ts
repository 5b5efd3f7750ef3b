import type { RestoredNode, RestorePlan } from '../recovery/index.js';
import { factsText } from './facts-text.js';
import { escapeControl, type Style } from './style.js';
import { renderTable, type TableOptions } from './table.js';
import { formatIds } from './units.js';

/** `data` of `snapshot restore apply`. */
export interface RestoredData extends RestoredNode {
  /** The other nodes of the plan. */
  readonly others: readonly number[];
}

/** What is done, while it is done. */
export const restoreStepText = {
  check: 'checking that plan, file and directory belong together',
  build: 'making the new database',
  copy: 'copying the data directory',
  begin: 'noting that a restore has begun',
  install: 'putting the new database in the place of the old one',
  end: 'noting that it is done',
} as const;

/** A plan as it is read before it is confirmed. */
export async function restorePlanText(
  plan: RestorePlan,
  file: string | null,
  style: Style,
  options: TableOptions,
): Promise<string> {
  const { clusterName, clusterId, incarnation, snapshot, lastConfiguration, members, dropped, start } = plan;
  const title = `${style.bold('RESTORE PLAN')} ${file ?? ''}  cluster ${clusterName} ${clusterId}  incarnation ${incarnation.before} -> ${incarnation.after}`;
  const { voters, learners } = lastConfiguration.confState;
  const facts = factsText([
    [
      '  snapshot',
      `index ${snapshot.index}, term ${snapshot.term}, taken ${snapshot.createdAt}, sha256 ${snapshot.sha256}`,
    ],
    ['  config then', `voters ${formatIds(voters)}   learners ${formatIds(learners)} @${lastConfiguration.index}`],
    ['  config now', `voters ${formatIds(start.confState.voters)}   learners ${formatIds(start.confState.learners)}`],
    ...(dropped.length === 0
      ? []
      : [['  dropped', dropped.map(({ id, name }) => name || `n${id}`).join(', ')] as [string, string]]),
    ['  log goes on', `behind index ${start.index}, term ${start.term}`],
    ['  lost', 'all that was written after the snapshot was taken'],
    [
      '  fence',
      `nodes of incarnation ${incarnation.before} and before are refused by every node of incarnation ${incarnation.after}`,
    ],
  ]);
  const heads = ['ID', 'NAME', 'ROLE', 'ADDRESS'].map((head) => ({ head }));
  const rows = members.map(({ id, name, role, address }) => [String(id), name, role, address]);
  const table = await renderTable(heads, rows, { ...options, indent: '  ' });
  const even = start.confState.voters.length === 1 ? ['one voter alone survives no failure'] : [];
  const warnings = [
    ...even,
    ...(snapshot.incarnation === null
      ? ['the file does not say of which incarnation it is: name the latest one with --latest-incarnation']
      : []),
  ].map((warning) => style.red(`  ! ${warning}`));
  return [escapeControl(title), facts, '', table, ...warnings].join('\n');
}

/** What became of a node, and what comes next. */
export function restoredText(data: RestoredData, planFile: string): string {
  const { id, role, address, already, incarnation, index, term, backup, others } = data;
  const what = already ? 'already restored' : 'restored';
  const copy = backup === null ? 'there was nothing to copy' : `${backup}   keep it until the cluster is well`;
  const next =
    others.length === 0
      ? []
      : [`next: the same on node ${others.join(', ')}: raftctl snapshot restore apply ${planFile}`];
  return [
    `node ${id}: ${what}; a ${role} of incarnation ${incarnation}, from index ${index}, term ${term}`,
    factsText([['copy', copy]]),
    ...next,
    `next: when all are done, start them, this one at ${address}, and raftctl status`,
  ].join('\n');
}
