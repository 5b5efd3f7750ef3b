import { MessageType } from '../../../src/gen/raft/v1/raft.js';
import { CompactedError } from '../../../src/raft/errors.js';
import { newMessage } from '../../../src/raft/messages.js';
import type { Directive } from '../datadriven.js';
import { firstNumber, idsOf, numberNamed } from './arguments.js';
import { describeMessage } from './describe.js';
import type { Environment } from './environment.js';
import { StepError } from './output.js';
import { showLogOf } from './show.js';

/** `campaign 1`: asks for votes now. */
export function campaign(environment: Environment, directive: Directive): void {
  environment.nodeOf(firstNumber(directive)).node.campaign();
}

/** `compact 1 17`: gives up the log up to and with 17, and prints what is left. */
export function compact(environment: Environment, directive: Directive): void {
  const [id = 0, index = 0] = idsOf(directive);
  const { storage } = environment.nodeOf(id);
  if (index < storage.firstIndex()) throw new CompactedError();
  storage.compact(index);
  showLogOf(environment, id);
}

/** `forget-leader 1`: a follower acts as if it had never heard of its leader. */
export function forgetLeader(environment: Environment, directive: Directive): void {
  environment.nodeOf(firstNumber(directive)).node.forgetLeader();
}

/** `transfer-leadership from=1 to=2`: asks node 1 to see to it that node 2 leads. */
export function transferLeadership(environment: Environment, directive: Directive): void {
  environment.nodeOf(numberNamed(directive, 'from')).node.transferLeader(numberNamed(directive, 'to'));
}

/** `report-unreachable 1 2`: tells node 1 that its last message did not reach node 2. */
export function reportUnreachable(environment: Environment, directive: Directive): void {
  const [on, reported, ...more] = idsOf(directive);
  if (on === undefined || reported === undefined || more.length > 0) {
    throw new StepError('must specify exactly two node indexes: node on which to report, and reported node');
  }
  environment.nodeOf(on).node.reportUnreachable(reported);
}

/** `tick-election 1`: as many ticks as an election takes to time out at the earliest. */
export function tickElection(environment: Environment, directive: Directive): void {
  const { node, config } = environment.nodeOf(firstNumber(directive));
  for (let tick = 0; tick < config.electionTick; tick++) node.tick();
}

/** `tick-heartbeat 1`: as many ticks as there are from one heartbeat to the next. */
export function tickHeartbeat(environment: Environment, directive: Directive): void {
  const { node, config } = environment.nodeOf(firstNumber(directive));
  for (let tick = 0; tick < config.heartbeatTick; tick++) node.tick();
}

/** `set-randomized-election-timeout 1 timeout=5`: until the node changes its role or term. */
export function setRandomizedElectionTimeout(environment: Environment, directive: Directive): void {
  // Stories also ask for time-outs that the range of the configuration does not have.
  const { raft } = environment.nodeOf(firstNumber(directive)).node;
  Object.assign(raft, { randomizedElectionTimeout: numberNamed(directive, 'timeout') });
}

/** `send-snapshot 1 3`: puts node 1's newest snapshot on its way to node 3, as if the leader had sent it. */
export function sendSnapshot(environment: Environment, directive: Directive): void {
  const [from = 0, to = 0] = idsOf(directive);
  const { node, storage } = environment.nodeOf(from);
  const message = { ...newMessage(MessageType.SNAPSHOT, to), from, term: node.raft.term, snapshot: storage.newest };
  environment.messages.push(message);
  environment.output.write(describeMessage(message));
}
