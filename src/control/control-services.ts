import type { Server, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Logger } from '../base/logger.js';
import { AuthServiceService } from '../gen/raftctl/v1/auth.js';
import { ClusterServiceService } from '../gen/raftctl/v1/cluster.js';
import { HistoryServiceService } from '../gen/raftctl/v1/history.js';
import { KvServiceService } from '../gen/raftctl/v1/kv.js';
import { LeaderServiceService } from '../gen/raftctl/v1/leader.js';
import { LogServiceService } from '../gen/raftctl/v1/log.js';
import { MemberServiceService } from '../gen/raftctl/v1/member.js';
import { NodeServiceService } from '../gen/raftctl/v1/node.js';
import { ProposalServiceService } from '../gen/raftctl/v1/proposal.js';
import { RegisterServiceService } from '../gen/raftctl/v1/register.js';
import { SnapshotServiceService } from '../gen/raftctl/v1/snapshot.js';
import type { NodeApi } from '../node/node-api.js';
import { AuditTrail, type AuditTrailOptions } from './audit-trail.js';
import { authService } from './auth-service.js';
import { type CallLimits, CallRunner } from './call-runner.js';
import type { Callers } from './callers.js';
import { clusterService } from './cluster-service.js';
import { Health } from './health.js';
import { historyService } from './history-service.js';
import { kvService } from './kv-service.js';
import { leaderService } from './leader-service.js';
import { logService } from './log-service.js';
import { memberService } from './member-service.js';
import { nodeService } from './node-service.js';
import { proposalService } from './proposal-service.js';
import { addReflection } from './reflection.js';
import { registerService } from './register-service.js';
import { snapshotService } from './snapshot-service.js';
import { decodingToHandler } from './undecodable-request.js';

/** How the control plane is set up. */
export interface ControlOptions {
  readonly logger: Logger;
  readonly callers: Callers;
  /** How audit records come to a leader elsewhere. */
  readonly forwardAudit?: AuditTrailOptions['forward'];
  readonly limits?: CallLimits;
  /** Whether to offer gRPC reflection. Default: false. */
  readonly reflection?: boolean;
}

/** The control plane's part in an orderly end. */
export interface ControlServices {
  /** Health says NOT_SERVING, and new calls end with E_STOPPED; those that run go on. */
  refuseCalls(): void;
  /** Ends the streams that are open with E_STOPPED: a server waits for them for ever. */
  endStreams(): void;
}

/** Adds all services of the control plane, and the standard health service, to a server that has not been bound yet. */
export function addControlServices(server: Server, node: NodeApi, options: ControlOptions): ControlServices {
  const { logger, callers, forwardAudit } = options;
  const forward = forwardAudit === undefined ? {} : { forward: forwardAudit };
  const trail = new AuditTrail({ node, logger, wallClock: Date.now, ...forward });
  const runner = new CallRunner(logger, callers, trail, options.limits);
  const services: [ServiceDefinition, UntypedServiceImplementation][] = [
    [ClusterServiceService, clusterService(node, runner, callers.clusterId)],
    [MemberServiceService, memberService(node, runner)],
    [LeaderServiceService, leaderService(node, runner)],
    [NodeServiceService, nodeService(node, runner)],
    [HistoryServiceService, historyService(node, runner)],
    [LogServiceService, logService(node, runner)],
    [SnapshotServiceService, snapshotService(node, runner)],
    [ProposalServiceService, proposalService(node, runner)],
    [KvServiceService, kvService(node, runner)],
    [RegisterServiceService, registerService(node, runner)],
    [AuthServiceService, authService(node, runner)],
  ];
  for (const [definition, implementation] of services) {
    server.addService(decodingToHandler(definition), implementation);
  }
  const health = new Health(
    server,
    node,
    services.map(([definition]) => serviceName(definition)),
  );
  if (options.reflection) addReflection(server);
  return {
    refuseCalls() {
      health.stop();
      runner.refuseCalls();
    },
    endStreams() {
      runner.endStreams();
      trail.stop();
    },
  };
}

/** `raftctl.v1.KvService` of a service whose methods have paths like `/raftctl.v1.KvService/Get`. */
function serviceName(definition: ServiceDefinition): string {
  const [method] = Object.values(definition);
  return method?.path.split('/')[1] ?? '';
}
