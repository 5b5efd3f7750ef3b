import type { Directive } from '../datadriven.js';
import { booleanOf, firstNumber, numberNamed, numberOf, valuesOf } from './arguments.js';
import type { Environment } from './environment.js';
import { StepError } from './output.js';
import { StoryNode } from './story-node.js';

/*
 * Steps for what etcd/raft does not have, and its transcripts therefore have no commands for.
 */

/** `ping 1`: a leader sends heartbeats now. */
export function ping(environment: Environment, directive: Directive): void {
  environment.nodeOf(firstNumber(directive)).node.ping();
}

/** `restart 1`: the power of node 1 fails and comes back. It has its storage, and applies again from where that begins. */
export function restart(environment: Environment, directive: Directive): void {
  const id = firstNumber(directive);
  environment.nodes[id - 1] = StoryNode.restarted(environment.nodeOf(id));
}

/** `read-index 1 context`: asks for an index to read at. */
export function readIndex(environment: Environment, directive: Directive): void {
  const context = new TextEncoder().encode(directive.args[1]?.key ?? '');
  environment.nodeOf(firstNumber(directive)).node.readIndex(context);
}

/** `request-snapshot 2`: a follower asks its leader for a snapshot. */
export function requestSnapshot(environment: Environment, directive: Directive): void {
  environment.nodeOf(firstNumber(directive)).node.requestSnapshot();
}

/** `report-snapshot 1 peer=2 status=failure`: tells node 1 how the snapshot it sent to node 2 fared. */
export function reportSnapshot(environment: Environment, directive: Directive): void {
  const [status] = valuesOf(directive, 'status');
  if (status !== 'finish' && status !== 'failure') throw new StepError('status must be finish or failure');
  environment.nodeOf(firstNumber(directive)).node.reportSnapshot(numberNamed(directive, 'peer'), status);
}

/** `set-priority 1 priority=3`: how much others should want node 1 to lead. */
export function setPriority(environment: Environment, directive: Directive): void {
  environment.nodeOf(firstNumber(directive)).node.knobs.setPriority(numberNamed(directive, 'priority'));
}

/** `enable-group-commit 1 on=true` */
export function enableGroupCommit(environment: Environment, directive: Directive): void {
  const on = booleanOf(valuesOf(directive, 'on')[0] ?? '');
  environment.nodeOf(firstNumber(directive)).node.knobs.enableGroupCommit(on);
}

/** `assign-commit-groups 1 groups=(1:1, 2:1, 3:2)`: peer and group, as node 1 is to see them. */
export function assignCommitGroups(environment: Environment, directive: Directive): void {
  const groups = valuesOf(directive, 'groups').map((pair) => {
    const [peer = '', group = ''] = pair.split(':');
    return [numberOf(peer), numberOf(group)] as const;
  });
  environment.nodeOf(firstNumber(directive)).node.knobs.assignCommitGroups(groups);
}

/** `adjust-max-inflight 1 peer=2 limit=0`: how many appends node 1 may have under way to node 2. */
export function adjustMaxInflight(environment: Environment, directive: Directive): void {
  const { knobs } = environment.nodeOf(firstNumber(directive)).node;
  knobs.adjustMaxInflightMsgs(numberNamed(directive, 'peer'), numberNamed(directive, 'limit'));
}

/** `log-unavailable 1 on=true`: the storage of node 1 has to fetch entries in the background from now on. */
export function logUnavailable(environment: Environment, directive: Directive): void {
  const on = booleanOf(valuesOf(directive, 'on')[0] ?? '');
  environment.nodeOf(firstNumber(directive)).storage.triggerLogUnavailable(on);
}

/** `entries-fetched 1`: what the storage of node 1 was last asked for is there. */
export function entriesFetched(environment: Environment, directive: Directive): void {
  const { node, storage } = environment.nodeOf(firstNumber(directive));
  const context = storage.takeEntriesContext();
  if (context === undefined) throw new StepError('nothing was asked for');
  node.onEntriesFetched(context);
}

/** `propose-membership-change 1 voters=(1,3) learners=(4)`: the members that the group is to have. */
export function proposeMembershipChange(environment: Environment, directive: Directive): void {
  const target = {
    voters: valuesOf(directive, 'voters').map(numberOf),
    learners: valuesOf(directive, 'learners').map(numberOf),
  };
  environment.nodeOf(firstNumber(directive)).node.proposeMembershipChange(target);
}
