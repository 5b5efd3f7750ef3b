import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { NodeStatus } from '../gen/raftctl/v1/cluster.js';
import type { Metrics } from '../node/ports.js';
import { addStatusGauges } from './status-gauges.js';

/** Upper bounds of the buckets of a time, in seconds. */
const secondsBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** What the node counts, as Prometheus reads it. Names and keys of clients are never in it. */
export class PrometheusMetrics implements Metrics {
  readonly registry = new Registry();
  readonly #proposalSeconds = this.#histogram('proposal_seconds', 'From taking a proposal to its answer.');
  readonly #refusedTotal: Counter<'code'>;
  readonly #flushSeconds = this.#histogram('flush_seconds', 'Until the writes of a turn are flushed.');
  readonly #flushedEntries = this.#counter('flushed_entries_total', 'Log entries written and flushed.');
  readonly #flushedBytes = this.#counter('flushed_bytes_total', 'Bytes of log entries written and flushed.');
  readonly #applied = this.#counter('applied_entries_total', 'Log entries applied.');
  readonly #received = this.#counter('messages_received_total', 'Raft messages that came from peers.');
  readonly #sent = this.#counter('messages_sent_total', 'Raft messages handed to the transport.');
  readonly #leaderChanges = this.#counter('leader_changes_total', 'Changes of the leader, as this node sees it.');
  readonly #snapshotSeconds = this.#histogram('snapshot_seconds', 'Until a snapshot of this node is on disk.');
  readonly #snapshotBytes = this.#counter('snapshot_created_bytes_total', 'Bytes of snapshots made by this node.');
  readonly #snapshotSentBytes = this.#counter('snapshot_sent_bytes_total', 'Bytes of snapshots sent to peers.');
  readonly #snapshotsInstalled = this.#counter('snapshots_installed_total', 'Snapshots of others installed here.');

  constructor() {
    const name = 'raftctl_refused_total';
    const help = 'Calls that were refused, by error code.';
    this.#refusedTotal = new Counter({ name, help, labelNames: ['code'], registers: [this.registry] });
    collectDefaultMetrics({ register: this.registry });
  }

  /** Adds what the node's status says; it is asked at each scrape. */
  observe(status: () => NodeStatus): void {
    addStatusGauges(this.registry, status);
  }

  proposalApplied(elapsedMs: number): void {
    this.#proposalSeconds.observe(elapsedMs / 1000);
  }
  refused(code: string): void {
    this.#refusedTotal.inc({ code });
  }
  flushed(elapsedMs: number, entries: number, bytes: number): void {
    this.#flushSeconds.observe(elapsedMs / 1000);
    this.#flushedEntries.inc(entries);
    this.#flushedBytes.inc(bytes);
  }
  entriesApplied(count: number): void {
    this.#applied.inc(count);
  }
  messagesReceived(count: number): void {
    this.#received.inc(count);
  }
  messagesSent(count: number): void {
    this.#sent.inc(count);
  }
  leaderChanged(): void {
    this.#leaderChanges.inc();
  }
  snapshotCreated(elapsedMs: number, bytes: number): void {
    this.#snapshotSeconds.observe(elapsedMs / 1000);
    this.#snapshotBytes.inc(bytes);
  }
  snapshotSent(bytes: number): void {
    this.#snapshotSentBytes.inc(bytes);
  }
  snapshotInstalled(): void {
    this.#snapshotsInstalled.inc();
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name: `raftctl_${name}`, help, registers: [this.registry] });
  }

  #histogram(name: string, help: string): Histogram {
    return new Histogram({ name: `raftctl_${name}`, help, buckets: secondsBuckets, registers: [this.registry] });
  }
}
