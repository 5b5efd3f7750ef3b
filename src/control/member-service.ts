import type {
  AnnounceRequest,
  AnnounceResponse,
  ChangeMembersRequest,
  LeaveJointRequest,
  LeaveJointResponse,
  ListMembersRequest,
  ListMembersResponse,
  MemberServiceServer,
} from '../gen/raftctl/v1/member.js';
import type { NodeApi } from '../node/node-api.js';
import type { CallRunner } from './call-runner.js';
import { badField, checkMember, checkMembers, checkName, checkNodeIds, requirePresent } from './request-checks.js';

const requestIdBytesMax = 64;
const reasonBytesMax = 1024;

/** Who belongs to the cluster, and changes of that. */
export function memberService(node: NodeApi, runner: CallRunner): MemberServiceServer {
  return {
    listMembers: runner.unary('reads', (_: ListMembersRequest): ListMembersResponse => {
      return { clusterId: node.status().clusterId, ...node.listMembers() };
    }),
    changeMembers: runner.serverStream('changes', (request: ChangeMembersRequest, { signal }) => {
      checkChange(request);
      return node.changeMembers(request, { signal });
    }),
    leaveJoint: runner.unary('changes', (_: LeaveJointRequest, { signal }): Promise<LeaveJointResponse> => {
      return node.leaveJoint({ signal });
    }),
    announce: runner.unary('changes', (request: AnnounceRequest): AnnounceResponse => {
      const member = requirePresent('member', request.member);
      checkMember('member', member);
      return node.announce(member);
    }),
  };
}

/** What can be said of a change without knowing the cluster; what it would do to the cluster is for the node's plan to judge. */
function checkChange(request: ChangeMembersRequest): void {
  if (request.voters === undefined && request.learners === undefined && request.peers.length === 0) {
    throw badField('voters', 'or learners must be given');
  }
  checkNodeIds('voters and learners', [...(request.voters?.ids ?? []), ...(request.learners?.ids ?? [])]);
  if (request.voters?.ids.length === 0) throw badField('voters', 'must name a node');
  checkMembers('peers', request.peers);
  checkBytes('request_id', request.requestId, requestIdBytesMax);
  checkBytes('reason', request.reason, reasonBytesMax);
  for (const risk of request.acceptRisks) checkName('accept_risks', risk);
}

function checkBytes(field: string, text: string, bytesMax: number): void {
  if (Buffer.byteLength(text) > bytesMax) throw badField(field, `must be at most ${bytesMax} bytes`);
}
