import { RaftctlError } from '../base/errors.js';
import { closest } from './closest.js';

/**
 * The method by which a node decides on each command: of those that it calls, the one that needs the most. Commands that ask no node at all
 * have none. A test holds the names against the commands that there are, and the methods against those of the nodes.
 */
export const verbMethods: Readonly<Record<string, string | undefined>> = {
  'alarm list': 'ClusterService/GetStatus',
  'audit list': 'HistoryService/ListEvents',
  'audit tail': 'HistoryService/WatchEvents',
  'auth can-i': 'AuthService/CanI',
  'auth token': undefined,
  'auth whoami': 'AuthService/WhoAmI',
  'certs create': undefined,
  'cluster bootstrap': 'ClusterService/Bootstrap',
  'cluster doctor': 'ClusterService/GetStatus',
  'cluster health': 'ClusterService/GetStatus',
  'cluster history': 'HistoryService/ListEvents',
  'cluster info': 'ClusterService/GetStatus',
  'cluster verify': 'ClusterService/BeginStateHash',
  'cluster what-if': 'ClusterService/GetStatus',
  completion: undefined,
  help: undefined,
  'kv cas': 'KvService/CompareAndSet',
  'kv delete': 'KvService/Delete',
  'kv get': 'KvService/Get',
  'kv list': 'KvService/List',
  'kv put': 'KvService/Put',
  'leader history': 'HistoryService/ListEvents',
  'leader show': 'ClusterService/GetStatus',
  'leader step-down': 'LeaderService/StepDown',
  'leader transfer': 'LeaderService/TransferLeader',
  'log info': 'LogService/GetLogInfo',
  'log list': 'LogService/ListEntries',
  'member add': 'MemberService/ChangeMembers',
  'member apply': 'MemberService/ChangeMembers',
  'member change': 'MemberService/ChangeMembers',
  'member change abort': 'MemberService/AbortChange',
  'member change leave': 'MemberService/LeaveJoint',
  'member change list': 'MemberService/ListChanges',
  'member change revert': 'MemberService/ChangeMembers',
  'member change status': 'MemberService/GetChange',
  'member change watch': 'MemberService/WatchChange',
  'member demote': 'MemberService/ChangeMembers',
  'member diff': 'MemberService/ListMembers',
  'member export': 'MemberService/ListMembers',
  'member list': 'MemberService/ListMembers',
  'member ok-to-add': 'MemberService/ChangeMembers',
  'member ok-to-remove': 'MemberService/ChangeMembers',
  'member plan': 'MemberService/ChangeMembers',
  'member promote': 'MemberService/ChangeMembers',
  'member remove': 'MemberService/ChangeMembers',
  'member replace': 'MemberService/ChangeMembers',
  'member show': 'MemberService/ListMembers',
  'member update': 'MemberService/UpdateMember',
  'node drain': 'NodeService/Drain',
  'node election pause': 'NodeService/SetElections',
  'node election resume': 'NodeService/SetElections',
  'node list': 'ClusterService/GetStatus',
  'node ok-to-stop': 'ClusterService/GetStatus',
  'node ready': 'ClusterService/GetStatus',
  'node reset': undefined,
  'node show': 'ClusterService/GetStatus',
  'node start': undefined,
  'node undrain': 'NodeService/Undrain',
  'offline compact': undefined,
  'offline copy': undefined,
  'offline entries': undefined,
  'offline fsck': undefined,
  'offline hash': undefined,
  'offline info': undefined,
  'offline readers': undefined,
  playground: undefined,
  progress: 'ClusterService/WatchStatus',
  propose: 'ProposalService/Propose',
  'recover apply': undefined,
  'recover collect': undefined,
  'recover plan': undefined,
  'recover verify': 'ClusterService/GetStatus',
  'register cas': 'RegisterService/CompareAndWrite',
  'register read': 'RegisterService/Read',
  'register write': 'RegisterService/Write',
  'snapshot decode': undefined,
  'snapshot diff': undefined,
  'snapshot inspect': undefined,
  'snapshot list': 'SnapshotService/ListSnapshots',
  'snapshot restore apply': undefined,
  'snapshot restore plan': undefined,
  'snapshot save': 'SnapshotService/SaveSnapshot',
  'snapshot trigger': 'SnapshotService/TriggerSnapshot',
  'snapshot verify': undefined,
  status: 'ClusterService/WatchStatus',
  top: 'ClusterService/WatchStatus',
  version: undefined,
  wait: 'ClusterService/WatchStatus',
  watch: 'HistoryService/WatchEvents',
};

/** A command, and the method by which a node decides on it. */
export interface Verb {
  readonly verb: string;
  /** As `raftctl.v1.KvService/Get`; undefined where no node is asked. */
  readonly method: string | undefined;
}

/** All commands. */
export function allVerbs(): Verb[] {
  return Object.entries(verbMethods).map(([verb, method]) => ({ verb, method: inFull(method) }));
}

/** @throws RaftctlError E_USAGE for what is no command */
export function findVerb(verb: string): Verb {
  if (Object.hasOwn(verbMethods, verb)) return { verb, method: inFull(verbMethods[verb]) };
  const near = closest(verb, Object.keys(verbMethods));
  throw new RaftctlError('E_USAGE', `there is no command "${verb}"`, {
    hint: near === undefined ? 'raftctl auth can-i --list' : `did you mean "${near}"?`,
  });
}

function inFull(method: string | undefined): string | undefined {
  return method === undefined ? undefined : `raftctl.v1.${method}`;
}
