import type { ClusterView } from '../../client/index.js';
import { describeCuts } from '../../membership/words.js';
import type { NodeData } from '../status-data.js';
import { formatIds } from '../units.js';
import { toWhatIfData, verdictWords, type WhatIfPhase } from '../what-if-data.js';

/** What would be if a node were down, a line each: as `raftctl cluster what-if --down` says it. */
export function whatIfPanel(view: ClusterView, { id, name, reachable }: NodeData): string[] {
  const nothing = { zones: [], leaderLost: false, partition: [], addDead: 0, during: undefined };
  const data = toWhatIfData(view, { ...nothing, down: [id] }, { matrix: false, requireTolerance: 0 });
  return [
    `what if ${name} ${reachable ? 'were down' : 'stays down'}: ${verdictWords(data)}`,
    ...data.phases.map(phaseLine),
    `as raftctl cluster what-if --down ${id} says, of what is seen now`,
  ];
}

function phaseLine({ name, sets, writes, election, keepsLeader, mayWin, tolerates, minimalCuts }: WhatIfPhase): string {
  const quorum = sets.map(({ size, needed, live }) => `${needed}/${size} live ${live}`).join(' and ');
  const leads = keepsLeader ? 'the leader stays' : election ? `${formatIds(mayWin)} may be elected` : 'nobody can lead';
  const then = tolerates === null ? '' : `   tolerates ${tolerates}   then fatal: ${describeCuts(minimalCuts)}`;
  return `  ${name}   quorum ${quorum}   writes ${writes ? 'yes' : 'NO'}   ${leads}${then}`;
}
