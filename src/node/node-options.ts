import type { Logger } from '../base/logger.js';
import type { Random } from '../base/random.js';
import type { Tracer } from '../raft/trace.js';
import type { NodeCertificate } from './node-certificate.js';
import type { NodeConfig } from './node-config.js';
import type { LogStore, Metrics, MonotonicClock, StateMachine, Ticker, Transport } from './ports.js';

/** How what a node shows others of itself stands. */
export interface CredentialsStatus {
  /** Why what its files hold now is not in use; undefined where it is. */
  readonly credentialsProblem: string | undefined;
}

/** Everything a node is made of: `new RaftNode(options)`, then `start()`, and at the end `stop()`. */
export interface NodeOptions {
  readonly id: number;
  readonly name: string;
  /** HOST:PORT that others dial. */
  readonly address: string;
  /** Version of this program. */
  readonly version: string;
  readonly config: NodeConfig;
  readonly store: LogStore;
  readonly transport: Transport;
  readonly stateMachine: StateMachine;
  readonly ticker: Ticker;
  readonly clock: MonotonicClock;
  /** Milliseconds since 1970-01-01 UTC; may jump. For people to read, never to decide by. */
  readonly wallClock: () => number;
  /** Runs a turn of the loop soon, after what is already waiting: `setImmediate`, or the simulator's own. */
  readonly defer: (run: () => void) => void;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** What the node shows others of itself; left out, nothing. */
  readonly credentials?: (() => CredentialsStatus) | undefined;
  /** The certificate that it shows; undefined where nodes speak in plain text. */
  readonly certificate?: NodeCertificate | undefined;
  /** Processor time that the process has used so far, in milliseconds; left out where nobody knows. */
  readonly cpuMs?: () => number;
  /** Takes the events of the core, for a trace that can be validated. */
  readonly trace?: Tracer | undefined;
}
