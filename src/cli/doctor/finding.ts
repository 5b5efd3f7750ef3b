import type { ClusterView, GetChangeResponse, HistoryEvent } from '../../client/index.js';
import type { ClusterStatusData, NodeData } from '../status-data.js';

/** What the causes are looked for in: two looks at the cluster shortly after each other, and what it remembers. */
export interface Examination {
  readonly view: ClusterView;
  readonly data: ClusterStatusData;
  /** The look before; what stood still between the two is worth a word. */
  readonly before: ClusterStatusData | undefined;
  /** The change that runs; undefined where none does, or nobody says. */
  readonly change: GetChangeResponse | undefined;
  /** What happened lately; undefined where nobody says. */
  readonly events: readonly HistoryEvent[] | undefined;
  readonly now: Date;
}

/** `acts-now` keeps the cluster from doing what it is for, or has taken its margin; a `warning` will, or may. */
export type Severity = 'acts-now' | 'warning';

/** One cause of trouble, before it is ranked. */
export interface Finding {
  /** Stable word for programs. */
  readonly id: string;
  readonly severity: Severity;
  readonly what: string;
  readonly evidence: readonly string[];
  /** Commands or deeds that help, the first one first. */
  readonly next: readonly string[];
  readonly nodes: readonly number[];
}

/** Members, without nodes that only answered. */
export function membersOf({ nodes }: ClusterStatusData): readonly NodeData[] {
  return nodes.filter(({ set }) => set !== '-');
}

/** `n2  10.0.0.2:7400  connection refused`. */
export function nodeLine({ name, address, reachable, role, term, error }: NodeData): string {
  const state = reachable ? `up, term ${term ?? '?'}, ${role}` : (error?.message ?? 'no answer');
  return `${name}  ${address}  ${state}`;
}

/** What a node is called. */
export function nameOf(id: number, { nodes }: ClusterStatusData): string {
  return nodes.find((node) => node.id === id)?.name ?? `n${id}`;
}
