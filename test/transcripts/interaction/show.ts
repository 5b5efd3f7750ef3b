import { NO_LIMIT } from '../../../src/raft/config.js';
import type { Directive } from '../datadriven.js';
import { firstNumber } from './arguments.js';
import { describeEntries } from './describe.js';
import { ROLE_NAMES } from './describe-ready.js';
import type { Environment } from './environment.js';

/** `raft-log 1`: the entries in storage. */
export function showRaftLog(environment: Environment, directive: Directive): void {
  showLogOf(environment, firstNumber(directive));
}

/** Prints the entries in the storage of a node. */
export function showLogOf(environment: Environment, id: number): void {
  const { output } = environment;
  const { storage } = environment.nodeOf(id);
  const first = storage.firstIndex();
  const last = storage.lastIndex();
  if (first > last) {
    output.write(`log is empty: first index=${first}, last index=${last}`);
    return;
  }
  output.write(describeEntries(storage.entries(first, last + 1, NO_LIMIT, { kind: 'empty', canAsync: false })));
}

/** `raft-state`: role, vote, term and leader of every node, each as it sees itself. */
export function showRaftState({ nodes, output }: Environment): void {
  for (const { id, node } of nodes) {
    const { role, term, leaderId, tracker } = node.raft;
    const voter = tracker.conf.voters.contains(id) ? '(Voter)' : '(Non-Voter)';
    output.write(`${id}: ${ROLE_NAMES[role]} ${voter} Term:${term} Lead:${leaderId}\n`);
  }
}

/** `status 1`: what a leader knows of its peers. */
export function showStatus(environment: Environment, directive: Directive): void {
  const { raft } = environment.nodeOf(firstNumber(directive)).node;
  if (raft.role !== 'leader') return;
  for (const [id, progress] of raft.tracker.progress) environment.output.write(`${id}: ${progress}\n`);
}
