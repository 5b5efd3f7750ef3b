import { formatDuration, formatIds } from '../units.js';
import type { Examination, Finding } from './finding.js';

/** A change of the members that does not go on, and a joint configuration that nobody leaves. */
export function changeCauses({ data, change }: Examination): Finding[] {
  const { config, changeState } = data;
  if (data.change !== null && (change?.stuck || changeState?.phase === 'stuck' || changeState?.phase === 'in-doubt')) {
    // Who has acknowledged what only a leader knows.
    const known = change?.fromLeader === true;
    const missing = (change?.quorums ?? []).map(({ set, voters, needed, acked, missing: gone }) => {
      const counted = known ? `${acked.length} of ${needed} needed` : `${needed} needed`;
      return `${set} {${formatIds(voters)}}: ${counted}, ${gone.length === 0 ? 'all in reach' : `missing ${formatIds(gone)}`}`;
    });
    const advice = change?.advice ?? [];
    const still = formatDuration(change?.stillMs ?? changeState?.stillMs ?? 0);
    return [
      {
        id: 'change-stuck',
        severity: 'acts-now',
        what: `the change ${data.change} has not moved for ${still}: ${changeState?.text || changeState?.phase || 'it waits'}`,
        evidence: [...missing, ...advice],
        next: change?.canAbort
          ? ['raftctl member change status', 'raftctl member change abort']
          : ['raftctl member change status'],
        nodes: [...new Set((change?.quorums ?? []).flatMap((set) => set.missing))],
      },
    ];
  }
  if (!config.joint || config.autoLeave) return [];
  return [
    {
      id: 'joint-left-open',
      severity: 'warning',
      what: `the configuration has been joint since @${config.index}, to be left by hand`,
      evidence: [
        `both majorities are needed: of {${formatIds(config.voters)}} and of {${formatIds(config.votersOutgoing)}}`,
      ],
      next: ['raftctl member change leave'],
      nodes: [],
    },
  ];
}
