import type { ErrorCode } from '../base/error-codes.js';
import {
  type AbortChangeRequest,
  type AbortChangeResponse,
  type AnnounceRequest,
  type AnnounceResponse,
  type ChangeMembersRequest,
  type ChangeMembersResponse,
  ChangePhase,
  type GetChangeRequest,
  type GetChangeResponse,
  type LeaveJointRequest,
  type LeaveJointResponse,
  type ListChangesRequest,
  type ListChangesResponse,
  type ListMembersRequest,
  type ListMembersResponse,
  type MemberServiceServer,
  type NodeAbilities,
  type PromoteChangeRequest,
  type PromoteChangeResponse,
  PromoteWhen,
  type Promotion,
  type UpdateMemberRequest,
  type UpdateMemberResponse,
  type WatchChangeRequest,
} from '../gen/raftctl/v1/member.js';
import type { NodeApi } from '../node/node-api.js';
import type { AskedChange } from './audit-trail.js';
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
const abilitiesMax = 256;
const certificateNameBytesMax = 512;

/** Who belongs to the cluster, and changes of that. */
export function memberService(node: NodeApi, runner: CallRunner): MemberServiceServer {
  return {
    listMembers: runner.unary('reads', (_: ListMembersRequest): ListMembersResponse => {
      return { clusterId: node.status().clusterId, ...node.listMembers() };
    }),
    changeMembers: runner.serverStream(
      'changes',
      (request: ChangeMembersRequest, { signal }) => {
        checkChange(request);
        return node.changeMembers(request, { signal });
      },
      askedOfChange,
    ),
    leaveJoint: runner.unary(
      'changes',
      ({ changeId }: LeaveJointRequest, { signal }): Promise<LeaveJointResponse> => {
        return node.leaveJoint(changeId, { signal });
      },
      ({ changeId, requestId }) => ({ verb: 'member change leave', target: changeOf(changeId), requestId }),
    ),
    listChanges: runner.unary('reads', ({ limit }: ListChangesRequest): ListChangesResponse => {
      return { changes: node.listChanges(limit) };
    }),
    getChange: runner.unary('reads', ({ id }: GetChangeRequest): GetChangeResponse => node.getChange(id)),
    watchChange: runner.serverStream('reads', async function* ({ id }: WatchChangeRequest, { signal }) {
      for await (const event of node.watchChange(id, { signal })) yield { event };
    }),
    abortChange: runner.unary(
      'changes',
      (request: AbortChangeRequest, { signal }): Promise<AbortChangeResponse> => {
        checkBytes('reason', request.reason, reasonBytesMax);
        checkName('by', request.by);
        return node.abortChange(request, { signal });
      },
      ({ id, reason }) => ({ verb: 'member change abort', target: changeOf(id), reason }),
    ),
    promoteChange: runner.unary(
      'changes',
      (request: PromoteChangeRequest, { signal }): Promise<PromoteChangeResponse> => {
        checkBytes('reason', request.reason, reasonBytesMax);
        checkName('by', request.by);
        return node.promoteChange(request, { signal });
      },
      ({ id, reason }) => ({ verb: 'member change promote', target: changeOf(id), reason }),
    ),
    updateMember: runner.unary(
      'changes',
      (request: UpdateMemberRequest, { signal }): Promise<UpdateMemberResponse> => {
        checkUpdate(request);
        return node.updateMember(request, { signal });
      },
      ({ id, reason }) => ({ verb: 'member update', target: `node ${id}`, reason }),
    ),
    announce: runner.unary('changes', (request: AnnounceRequest): AnnounceResponse => {
      const member = requirePresent('member', request.member);
      checkMember('member', member);
      checkAbilities(request.abilities);
      return node.announce(request);
    }),
  };
}

const changeOf = (id: string) => (id === '' ? 'the change that runs' : `change ${id}`);

/** What the audit trail remembers of a change; one that is only planned changes nothing. */
function askedOfChange(
  { voters, learners, dryRun, requestId, reason }: ChangeMembersRequest,
  last?: ChangeMembersResponse,
): AskedChange | undefined {
  if (dryRun) return undefined;
  const sets = { voters, learners };
  const target = Object.entries(sets).flatMap(([name, set]) =>
    set === undefined ? [] : `${name} ${set.ids.join(',') || 'none'}`,
  );
  return { verb: 'member change', target: target.join(' '), reason, requestId, outcome: outcomeOf(last) };
}

function outcomeOf(last: ChangeMembersResponse | undefined): ErrorCode | undefined {
  if (last?.phase === ChangePhase.FAILED) return 'E_CHANGE_FAILED';
  return last?.phase === ChangePhase.ABORTED ? 'E_ABORTED' : undefined;
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
  if (request.maxRounds === 0) throw badField('max_rounds', 'must be 1 or more');
  if (request.promotion !== undefined) checkPromotion(request.promotion);
  if (request.promotion !== undefined && request.keepSpare === true) {
    throw badField('keep_spare', 'leaves nobody to promote');
  }
}

function checkPromotion({ when, voterDownMs }: Promotion): void {
  if (when === PromoteWhen.UNSPECIFIED || PromoteWhen[when] === undefined) {
    throw badField('promotion.when', 'must say when a node is promoted');
  }
  const isForDown = when === PromoteWhen.VOTER_DOWN;
  if (isForDown && voterDownMs < 1) throw badField('promotion.voter_down_ms', 'must be 1 or more');
  if (!isForDown && voterDownMs > 0) throw badField('promotion.voter_down_ms', 'is for VOTER_DOWN alone');
}

/** What a stranger says of itself is told to people: so much of it. */
function checkAbilities(abilities: NodeAbilities | undefined): void {
  const { features = [], certificateNames = [] } = abilities ?? {};
  if (features.length + certificateNames.length > abilitiesMax) {
    throw badField('abilities', `must be at most ${abilitiesMax}`);
  }
  for (const feature of features) checkName('abilities.features', feature);
  for (const name of certificateNames) checkBytes('abilities.certificate_names', name, certificateNameBytesMax);
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
