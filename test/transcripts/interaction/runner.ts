import { RaftError } from '../../../src/raft/errors.js';
import type { Directive } from '../datadriven.js';
import type { StepRunner } from '../story.js';
import { addNodes } from './add-nodes.js';
import { processAppendThread, processApplyThread } from './async-storage.js';
import { deliverMessages } from './deliver-messages.js';
import { Environment } from './environment.js';
import { StepError } from './output.js';
import { processReady } from './process-ready.js';
import { propose, proposeConfChange } from './propose.js';
import {
  adjustMaxInflight,
  assignCommitGroups,
  enableGroupCommit,
  entriesFetched,
  logUnavailable,
  ping,
  proposeMembershipChange,
  readIndex,
  reportSnapshot,
  requestSnapshot,
  restart,
  setPriority,
} from './raft-rs-steps.js';
import { showRaftLog, showRaftState, showStatus } from './show.js';
import { stabilize } from './stabilize.js';
import {
  campaign,
  compact,
  forgetLeader,
  reportUnreachable,
  sendSnapshot,
  setRandomizedElectionTimeout,
  tickElection,
  tickHeartbeat,
  transferLeadership,
} from './steps.js';

/** Carries out one step. What it prints goes to the environment's output. */
export type Handler = (environment: Environment, directive: Directive) => void;

const HANDLERS: Readonly<Record<string, Handler>> = {
  _breakpoint: () => {},
  'log-level': ({ output }, { args }) => output.setLevel(args[0]?.key ?? ''),
  'add-nodes': addNodes,
  campaign,
  compact,
  propose,
  'propose-conf-change': proposeConfChange,
  'forget-leader': forgetLeader,
  'transfer-leadership': transferLeadership,
  'report-unreachable': reportUnreachable,
  'tick-election': tickElection,
  'tick-heartbeat': tickHeartbeat,
  'set-randomized-election-timeout': setRandomizedElectionTimeout,
  'deliver-msgs': deliverMessages,
  'process-ready': processReady,
  'process-append-thread': processAppendThread,
  'process-apply-thread': processApplyThread,
  'raft-log': showRaftLog,
  'raft-state': showRaftState,
  status: showStatus,
  'send-snapshot': sendSnapshot,
  ping,
  restart,
  'read-index': readIndex,
  'request-snapshot': requestSnapshot,
  'report-snapshot': reportSnapshot,
  'set-priority': setPriority,
  'enable-group-commit': enableGroupCommit,
  'assign-commit-groups': assignCommitGroups,
  'adjust-max-inflight': adjustMaxInflight,
  'log-unavailable': logUnavailable,
  'entries-fetched': entriesFetched,
  'propose-membership-change': proposeMembershipChange,
  stabilize,
};

/**
 * Stories of nodes that talk to each other: each step does something to a node or lets messages go, and prints what came of it. The
 * commands are those of etcd/raft's interaction tests, and beside them some for what only raft-rs and this core have.
 */
export function interactionRunner(): StepRunner {
  const environment = new Environment();
  return (directive) => {
    const handler = HANDLERS[directive.command];
    if (handler === undefined) throw new Error(`line ${directive.line}: unknown command ${directive.command}`);
    const { output } = environment;
    output.take();
    let error = '';
    try {
      handler(environment, directive);
    } catch (thrown) {
      if (!(thrown instanceof StepError || thrown instanceof RaftError)) throw thrown;
      error = thrown.message;
    }
    // An error is printed even where nothing else is.
    const printed = output.take() + error;
    return printed === '' ? 'ok' : printed;
  };
}
