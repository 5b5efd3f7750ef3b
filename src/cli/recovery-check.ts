import { RaftctlError } from '../base/errors.js';
import type { ClusterView } from '../client/index.js';
import type { RecoveryPlan } from '../recovery/index.js';
import type { Style } from './style.js';
import { renderTable, type TableOptions } from './table.js';
import { formatIds } from './units.js';

/** One thing that a plan has promised, and whether it is so. */
interface RecoveryCheck {
  readonly id: 'nodes-up' | 'incarnation' | 'configuration' | 'leader' | 'lost-absent';
  readonly ok: boolean;
  readonly message: string;
}

/** `data` of `recover verify`. */
export interface RecoveryVerifyData {
  readonly ok: boolean;
  readonly checks: readonly RecoveryCheck[];
}

/** Holds what the nodes say of themselves against a plan. Writes nothing. */
export function checkRecovery(plan: RecoveryPlan, view: ClusterView): RecoveryVerifyData {
  const checks = [
    nodesUp(plan, view),
    incarnations(plan, view),
    configuration(plan, view),
    leader(plan, view),
    lost(plan, view),
  ];
  return { ok: checks.every(({ ok }) => ok), checks };
}

function nodesUp({ survivors }: RecoveryPlan, { nodes }: ClusterView): RecoveryCheck {
  const down = survivors.filter(({ id }) => nodes.find((node) => node.id === id)?.status === undefined);
  const message =
    down.length === 0
      ? `nodes ${survivors.map(({ id }) => id).join(',')} answer`
      : `no answer from ${formatIds(down.map(({ id }) => id))}`;
  return { id: 'nodes-up', ok: down.length === 0, message };
}

function incarnations(
  { incarnation, survivors }: RecoveryPlan,
  { incarnation: seen, strangers }: ClusterView,
): RecoveryCheck {
  const ids = survivors.map(({ id }) => id);
  const others = strangers
    .filter(({ id }) => ids.includes(id))
    .map((node) => `node ${node.id} is of ${node.incarnation}`);
  if (seen !== incarnation.after) others.push(`the cluster is of ${seen}`);
  const ok = others.length === 0;
  const message = ok ? `all that answer are of ${seen}` : `${others.join(', ')}; planned was ${incarnation.after}`;
  return { id: 'incarnation', ok, message };
}

function configuration({ start }: RecoveryPlan, { confState, configIndex }: ClusterView): RecoveryCheck {
  const { voters, learners } = start.confState;
  const same = (a: readonly number[], b: readonly number[]) => a.length === b.length && a.every((id) => b.includes(id));
  const ok =
    same(voters, confState.voters) && same(learners, confState.learners) && confState.votersOutgoing.length === 0;
  const is = `voters ${formatIds(confState.voters)}, learners ${formatIds(confState.learners)} @${configIndex}`;
  const planned = `voters ${formatIds(voters)}, learners ${formatIds(learners)} @${start.index}`;
  return { id: 'configuration', ok, message: ok ? is : `${is}; planned were ${planned}` };
}

function leader({ incarnation }: RecoveryPlan, view: ClusterView): RecoveryCheck {
  const { leader: found, absence } = view;
  if (found === undefined) return { id: 'leader', ok: false, message: absence?.message ?? 'nobody leads' };
  const ok = found.incarnation === incarnation.after;
  return { id: 'leader', ok, message: `node ${found.id} leads in term ${found.hardState?.term ?? 0}` };
}

function lost(plan: RecoveryPlan, { confState, strangers }: ClusterView): RecoveryCheck {
  const { voters, votersOutgoing, learners, learnersNext } = confState;
  const members = [voters, votersOutgoing, learners, learnersNext].flat();
  const back = plan.lost.filter(({ id }) => members.includes(id)).map(({ id }) => id);
  const up = plan.lost.filter(({ id }) => strangers.some((node) => node.id === id)).map(({ id }) => id);
  const gone = formatIds(plan.lost.map(({ id }) => id));
  if (back.length > 0) return { id: 'lost-absent', ok: false, message: `node ${back.join(',')} is a member again` };
  const running =
    up.length === 0 ? '' : `; ${up.join(',')} ${up.length === 1 ? 'runs, and is' : 'run, and are'} fenced off`;
  return { id: 'lost-absent', ok: true, message: `${gone} not among the members${running}` };
}

/** What a command ends with where something is not as planned. */
export function recoveryError({ ok, checks }: RecoveryVerifyData): RaftctlError | undefined {
  if (ok) return undefined;
  const facts = checks.flatMap((check) => (check.ok ? [] : [`${check.id}: ${check.message}`]));
  return new RaftctlError('E_UNHEALTHY', 'the cluster is not as it was planned', { facts, hint: 'raftctl status' });
}

/** The checks below each other. */
export async function recoveryCheckText(
  data: RecoveryVerifyData,
  style: Style,
  options: TableOptions,
): Promise<string> {
  const rows = data.checks.map(({ id, ok, message }) => [id, ok ? 'ok' : 'FAIL', message]);
  const table = await renderTable([{ head: 'CHECK' }, { head: 'STATUS' }, { head: 'MESSAGE' }], rows, options);
  const verdict = data.ok ? 'recovered as planned' : style.red('not as planned');
  return `${table}\n${verdict}`;
}
