/** Roles of clients, each of which may do what those before it may. `breakglass` is for emergencies: to be looked at whenever it is used. */
export const clientRoles = ['viewer', 'operator', 'admin', 'breakglass'] as const;
/** What a client may do. */
export type ClientRole = (typeof clientRoles)[number];

/** What a method asks of its caller: to be anybody at all, to be known, to have a role or a higher one, or to be a node of the cluster. */
export type Permission = 'anyone' | 'known' | ClientRole | 'node';

/** What a caller has shown: a role, or that it is a node; undefined: nothing. */
export type Standing = ClientRole | 'node' | undefined;

export function isClientRole(text: string): text is ClientRole {
  return clientRoles.some((role) => role === text);
}

/**
 * The one table of what each method of each service asks. A method that is not in it is nobody's. A test holds it against the protos.
 * Reading is for viewers, whatever is written into the state machine and what moves leadership or snapshots is for operators, who
 * belongs to the cluster is for admins.
 */
export const permissions: Readonly<Record<string, Readonly<Record<string, Permission>>>> = {
  'raftctl.v1.ClusterService': {
    PrepareBootstrap: 'admin',
    Bootstrap: 'admin',
    GetStatus: 'viewer',
    WatchStatus: 'viewer',
    // Makes all nodes read all that they hold.
    BeginStateHash: 'operator',
    GetStateHash: 'viewer',
  },
  'raftctl.v1.MemberService': {
    ListMembers: 'viewer',
    ChangeMembers: 'admin',
    LeaveJoint: 'admin',
    ListChanges: 'viewer',
    GetChange: 'viewer',
    WatchChange: 'viewer',
    AbortChange: 'admin',
    PromoteChange: 'admin',
    UpdateMember: 'admin',
    Announce: 'node',
  },
  'raftctl.v1.LeaderService': { TransferLeader: 'operator', StepDown: 'operator' },
  'raftctl.v1.NodeService': { Drain: 'operator', Undrain: 'operator', SetElections: 'operator' },
  'raftctl.v1.HistoryService': { ListEvents: 'viewer', WatchEvents: 'viewer', RecordAudit: 'node' },
  'raftctl.v1.LogService': { GetLogInfo: 'viewer', ListEntries: 'viewer' },
  // A snapshot is all that the cluster holds in one file.
  'raftctl.v1.SnapshotService': { TriggerSnapshot: 'operator', SaveSnapshot: 'operator', ListSnapshots: 'viewer' },
  'raftctl.v1.ProposalService': { Propose: 'operator', ProposeStream: 'operator', Query: 'viewer' },
  'raftctl.v1.KvService': {
    Get: 'viewer',
    Put: 'operator',
    Delete: 'operator',
    CompareAndSet: 'operator',
    List: 'viewer',
  },
  'raftctl.v1.RegisterService': { Read: 'viewer', Write: 'operator', CompareAndWrite: 'operator' },
  'raftctl.v1.AuthService': { WhoAmI: 'known', CanI: 'known' },
  'raftctl.v1.TransportService': { Connect: 'node', SendSnapshot: 'node' },
  // Says no more than whether the node serves; load balancers ask without a name.
  'grpc.health.v1.Health': { Check: 'anyone', Watch: 'anyone', List: 'anyone' },
  'grpc.reflection.v1.ServerReflection': { ServerReflectionInfo: 'viewer' },
  'grpc.reflection.v1alpha.ServerReflection': { ServerReflectionInfo: 'viewer' },
};

/** What a method asks, by its path as `/raftctl.v1.KvService/Get`; undefined for one that is nobody's. */
export function permissionOf(path: string): Permission | undefined {
  const [empty, service = '', method = '', ...more] = path.split('/');
  if (empty !== '' || more.length > 0 || !Object.hasOwn(permissions, service)) return undefined;
  const methods = permissions[service];
  return methods !== undefined && Object.hasOwn(methods, method) ? methods[method] : undefined;
}

/** Whether somebody of this standing may call what asks for `permission`. */
export function isAllowed(standing: Standing, permission: Permission | undefined): boolean {
  if (permission === undefined) return false;
  if (permission === 'anyone') return true;
  if (standing === undefined) return false;
  if (permission === 'known') return true;
  if (standing === 'node' || permission === 'node') return standing === permission;
  return clientRoles.indexOf(standing) >= clientRoles.indexOf(permission);
}
