/** The documents of `--json`, as far as scripts rely on them and the stories here look at them. */

export interface Envelope<Data> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly ok: boolean;
  readonly exitCode: number;
  readonly data: Data | null;
  readonly errors: readonly ErrorDocument[];
}

export interface ErrorDocument {
  readonly code: string;
  readonly message: string;
  readonly facts: readonly string[];
  readonly changed: 'no' | 'yes' | 'unknown';
  readonly hint: string | null;
}

export interface Configuration {
  readonly index: number;
  readonly phase: string;
  readonly joint: boolean;
  readonly voters: readonly number[];
  readonly votersOutgoing: readonly number[];
  readonly learners: readonly number[];
  readonly learnersNext: readonly number[];
  readonly autoLeave: boolean;
}

export interface PeerProgress {
  readonly state: string;
  readonly match: number;
  readonly next: number;
  readonly lag: number;
}

export interface ClusterStatus {
  readonly health: string;
  readonly leader: { readonly id: number; readonly term: number } | null;
  readonly config: Configuration;
  readonly log: { readonly first: number; readonly last: number; readonly commit: number; readonly applied: number };
  readonly nodes: readonly NodeRow[];
}

export interface NodeRow {
  readonly id: number;
  readonly role: string;
  readonly set: string;
  readonly address: string;
  readonly reachable: boolean;
  readonly term: number | null;
  readonly commit: number | null;
  readonly applied: number | null;
  readonly progress: PeerProgress | null;
}

export interface Progress {
  readonly config: Configuration;
  readonly peers: readonly (PeerProgress & { readonly id: number; readonly set: string })[];
}

export interface Bootstrap {
  readonly clusterId: string;
  readonly configIndex: number;
}

export interface Proposal {
  readonly index: number;
  readonly term: number;
  readonly requestId: string;
}

export interface KvValue {
  readonly key: string;
  readonly value: unknown;
  readonly found: boolean;
  readonly version: number;
}

export interface Transfer {
  readonly from: number;
  readonly to: number;
  readonly term: number;
}

export interface MemberList {
  readonly configIndex: number;
  readonly phase: string;
  readonly members: readonly {
    readonly id: number;
    readonly name: string;
    readonly address: string;
    readonly set: string;
  }[];
}

export interface SnapshotList {
  readonly snapshots: readonly {
    readonly node: number;
    readonly index: number;
    readonly term: number;
    readonly bytes: number;
  }[];
}
