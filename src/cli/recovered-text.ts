import { factsText } from './facts-text.js';

/** `data` of `recover apply`. */
export interface RecoveredData {
  readonly id: number;
  readonly role: 'voter' | 'learner';
  readonly isBase: boolean;
  /** Nothing was done: the plan was carried out here before. */
  readonly already: boolean;
  readonly incarnation: number;
  readonly index: number;
  readonly term: number;
  readonly backup: string;
  readonly snapshot: string;
  /** Settings that kept the node from leading, and no longer do. */
  readonly lifted: readonly ('drained' | 'electionsPaused')[];
  /** Nodes, beside this one and the base, that are rebuilt from the snapshot. */
  readonly others: readonly number[];
}

/** What is done, while it is done. */
export const stepText = {
  check: 'checking that everything is as it was collected',
  copy: 'copying the data directory',
  begin: 'noting that a recovery has begun',
  apply: 'applying the whole log',
  snapshot: 'writing the snapshot that the log begins anew with',
  install: 'putting it in the place of log and state',
  identity: 'writing the new incarnation',
  end: 'noting that it is done',
} as const;

const liftedText = {
  drained: 'the node was drained: it may lead again',
  electionsPaused: 'its elections were paused: it may campaign again',
} as const;

/** What became of a node, and what comes next. */
export function recoveredText(data: RecoveredData, planFile: string): string {
  const { id, role, isBase, already, incarnation, index, term, backup, snapshot, lifted, others } = data;
  const what = already ? 'already applied' : isBase ? 'recovered, as the base' : 'recovered';
  const facts: [string, string][] = [
    ['copy', `${backup}   keep it until the cluster is well`],
    ...lifted.map((setting): [string, string] => ['lifted', liftedText[setting]]),
    ...(isBase ? ([['snapshot', snapshot]] as [string, string][]) : []),
  ];
  const next = [
    ...(isBase && others.length > 0
      ? [
          `copy the snapshot to node ${others.join(', ')}, and there: raftctl recover apply ${planFile} --snapshot FILE --data-dir DIR`,
        ]
      : []),
    `when all are done: start them as before, and raftctl recover verify ${planFile}`,
  ];
  return [
    `node ${id}: ${what}; a ${role} of incarnation ${incarnation}, from index ${index}, term ${term}`,
    factsText(facts),
    ...next.map((line) => `next: ${line}`),
  ].join('\n');
}
