import type {
  AbortChangeRequest,
  AbortChangeResponse,
  AnnounceRequest,
  AnnounceResponse,
  ChangeMembersRequest,
  GetChangeRequest,
  GetChangeResponse,
  LeaveJointRequest,
  LeaveJointResponse,
  ListChangesRequest,
  ListChangesResponse,
  ListMembersRequest,
  ListMembersResponse,
  MemberServiceServer,
  UpdateMemberRequest,
  UpdateMemberResponse,
  WatchChangeRequest,
} from '../gen/raftctl/v1/member.js';
import type { NodeApi } from '../node/node-api.js';
import type { CallRunner } from './call-runner.js';
import {
  badField,
  checkDialAddress,
  checkMember,
  checkMembers,
  checkName,
  checkNodeId,
  checkNodeIds,
  requirePresent,
} from './request-checks.js';

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
    leaveJoint: runner.unary('changes', ({ changeId }: LeaveJointRequest, { signal }): Promise<LeaveJointResponse> => {
      return node.leaveJoint(changeId, { signal });
    }),
    listChanges: runner.unary('reads', ({ limit }: ListChangesRequest): ListChangesResponse => {
      return { changes: node.listChanges(limit) };
    }),
    getChange: runner.unary('reads', ({ id }: GetChangeRequest): GetChangeResponse => node.getChange(id)),
    watchChange: runner.serverStream('reads', async function* ({ id }: WatchChangeRequest, { signal }) {
      for await (const event of node.watchChange(id, { signal })) yield { event };
    }),
    abortChange: runner.unary('changes', (request: AbortChangeRequest, { signal }): Promise<AbortChangeResponse> => {
      checkBytes('reason', request.reason, reasonBytesMax);
      checkName('by', request.by);
      return node.abortChange(request, { signal });
    }),
    updateMember: runner.unary('changes', (request: UpdateMemberRequest, { signal }): Promise<UpdateMemberResponse> => {
      checkUpdate(request);
      return node.updateMember(request, { signal });
    }),
    announce: runner.unary('changes', (request: AnnounceRequest): AnnounceResponse => {
      const member = requirePresent('member', request.member);
      checkMember('member', member);
      return node.announce(request);
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

/** What a member may be given another of; absent fields stay. */
function checkUpdate({ id, address, name, zone, reason, by }: UpdateMemberRequest): void {
  checkNodeId('id', id);
  if (address !== undefined) checkDialAddress('address', address);
  if (name !== undefined) checkName('name', name);
  if (zone !== undefined) checkName('zone', zone);
  checkName('by', by);
  checkBytes('reason', reason, reasonBytesMax);
}

function checkBytes(field: string, text: string, bytesMax: number): void {
  if (Buffer.byteLength(text) > bytesMax) throw badField(field, `must be at most ${bytesMax} bytes`);
}
