import type { CollectedNode, EntryRange, PlannedSurvivor, RecoveryPlan } from '../recovery/index.js';
import { fitParts, fitSentence } from './fit-line.js';
import { escapeControl, type Style } from './style.js';
import { renderTable, type TableOptions } from './table.js';
import { counted, formatIds } from './units.js';

/** What is typed to confirm: the name of the cluster, or its id where it has none. */
export function confirmedBy({ clusterName, clusterId }: Pick<RecoveryPlan, 'clusterName' | 'clusterId'>): string {
  return clusterName || clusterId;
}

/** `data` of `recover collect`. */
export interface CollectedData extends CollectedNode {
  /** Null where nothing was written. */
  readonly file: string;
}

/** What was found on a node, in a line. */
export function collectedText({ file, nodeId, log, hardState, incarnation, configurations }: CollectedData): string {
  const { term, commit } = hardState;
  const newest = configurations.at(-1);
  const voters = formatIds(newest?.confState.voters ?? []);
  return escapeControl(
    `${file}: node ${nodeId}, last ${log.last} of term ${log.lastTerm}, term ${term}, commit ${commit}, incarnation ${incarnation}, voters ${voters} @${newest?.index ?? 0}`,
  );
}

/** Column in which the facts of a plan begin. */
const factsIndent = 20;

/** A plan as it is read before it is confirmed. */
export async function recoveryPlanText(
  plan: RecoveryPlan,
  file: string | null,
  style: Style,
  options: TableOptions,
): Promise<string> {
  const { width } = options;
  const { clusterName, clusterId, incarnation } = plan;
  const parts = [
    `${style.bold('RECOVERY PLAN')} ${escapeControl(file ?? '')}`,
    escapeControl(`cluster ${clusterName} ${clusterId}`),
    `incarnation ${incarnation.before} -> ${incarnation.after}`,
  ];
  const facts = await renderTable([{ head: '' }, { head: '' }], planFacts(plan), {
    ...options,
    headers: false,
    width: undefined,
    indent: '  ',
  });
  const fitted = facts.split('\n').map((line) => fitSentence(line, width, ' '.repeat(factsIndent)));
  const warnings = planWarnings(plan).map((warning) => style.red(fitSentence(`  ! ${warning}`, width, '    ')));
  return [fitParts(parts, width, '  ', '  '), ...fitted, ...warnings].join('\n');
}

function planFacts(plan: RecoveryPlan): string[][] {
  const { lastConfiguration, survivors, lost, start, base } = plan;
  const { voters, votersOutgoing, learners } = lastConfiguration.confState;
  const outgoing = votersOutgoing.length === 0 ? '' : ` and ${votersOutgoing.join(',')} (joint)`;
  const learning = learners.length === 0 ? '' : `, learners ${learners.join(',')}`;
  const agreed = plan.agreed ? 'all collected files agree' : 'the collected files differ: this is the newest';
  const baseNode = survivors.find(({ id }) => id === base);
  return [
    ['last config seen', `voters ${voters.join(',')}${outgoing}${learning} @${lastConfiguration.index}   (${agreed})`],
    ['survivors', survivors.map(survivorText).join('   ')],
    ['lost', `${lost.map(({ name }) => name).join(', ') || 'nobody'}   ${quorumText(plan)}`],
    ['base', `${baseNode?.name ?? base}: ${baseText(plan)}`],
    ['new voters', formatIds(start.confState.voters)],
    ...(start.confState.learners.length > 0 ? [['learners', formatIds(start.confState.learners)]] : []),
    ...survivors
      .filter(({ isBase }) => !isBase)
      .map(({ name }) => ['rebuilt', `${name} from ${baseNode?.name}'s snapshot`]),
    ['at risk', `entries after ${baseNode?.name}'s last index that only lost nodes had: cannot be known`],
    ...(plan.willCommit === null
      ? []
      : [['', `${entriesText(plan.willCommit)} never proven committed, and WILL become committed`]]),
    ...survivors.flatMap(({ name, dropped }) =>
      dropped === null
        ? []
        : [['', `${entriesText(dropped)} of ${name} that the base does not have, and will be dropped`]],
    ),
    ['log goes on', `behind index ${start.index}, term ${start.term}`],
    [
      'fence',
      `nodes of incarnation ${plan.incarnation.before} are refused by every node of incarnation ${plan.incarnation.after}`,
    ],
  ];
}

function planWarnings({ fromJoint, acceptedRisks, start }: RecoveryPlan): string[] {
  const { voters } = start.confState;
  return [
    ...(fromJoint === null
      ? []
      : [
          `unsafe: the configuration was joint, and its ${fromJoint === 'survivors' ? 'surviving' : fromJoint} voters go on; what the others have committed alone may be undone`,
        ]),
    ...acceptedRisks.map((risk) => `accepted risk: ${risk}`),
    ...(voters.length === 1 ? [`one voter alone: add others as soon as writes go on`] : []),
    ...(voters.length === 2
      ? ['two voters: the loss of either one stops writes; add a third as soon as writes go on']
      : []),
  ];
}

function survivorText({ name, last, lastTerm, commit }: PlannedSurvivor): string {
  return `${name} (last ${last}, term ${lastTerm}, commit ${commit})`;
}

function quorumText({ quorums }: RecoveryPlan): string {
  const sets = quorums.map(
    ({ voters, needed, surviving }) => `${surviving} of ${voters.length} voters left, ${needed} needed`,
  );
  return `${sets.join('; ')}: the quorum is really gone`;
}

function baseText({ survivors, base }: RecoveryPlan): string {
  const node = survivors.find(({ id }) => id === base);
  const isFurthest = survivors.every(
    ({ lastTerm, last }) =>
      node !== undefined && (lastTerm < node.lastTerm || (lastTerm === node.lastTerm && last <= node.last)),
  );
  return isFurthest
    ? 'highest (term, index)'
    : 'has all that is known to be committed, though not the highest (term, index)';
}

function entriesText({ first, last }: EntryRange): string {
  const count = last - first + 1;
  return `${counted(count, 'entry', 'entries')} (${first}..${last}) ${count === 1 ? 'was' : 'were'}`;
}
