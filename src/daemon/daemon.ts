import { Server, ServerCredentials } from '@grpc/grpc-js';
import { formatAddress, parseAddress } from '../base/address.js';
import { assert } from '../base/assert.js';
import { deferred } from '../base/deferred.js';
import { messageOf, RaftctlError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { QuietLog } from '../base/quiet-log.js';
import { addControlServices, authorizing, Callers, type ControlServices, untilDeadline } from '../control/index.js';
import { selfAbilities } from '../node/abilities.js';
import type { LogStore, StateMachine } from '../node/ports.js';
import { RaftNode } from '../node/raft-node.js';
import { openStore } from '../storage/index.js';
import { GrpcTransport } from '../transport/index.js';
import { Admission } from './admission.js';
import { Announcer } from './announcer.js';
import { forwardAudit } from './audit-forwarding.js';
import { Credentials } from './credentials.js';
import { advertisedAddress, type CheckedOptions, checkOptions, type DaemonOptions } from './daemon-options.js';
import { IntervalTicker } from './interval-ticker.js';
import { defaultListenerLimits, Listener } from './listener.js';
import { loadStateMachine } from './load-state-machine.js';
import { makeLogger } from './log.js';
import { MetricsServer } from './metrics-server.js';
import { peerCredentials } from './node-tls.js';
import { PrometheusMetrics } from './prometheus-metrics.js';
import { ReadPacer } from './read-pacer.js';
import { serverOptions } from './server-limits.js';
import type { TlsMaterial } from './tls-files.js';
import { openTraceFile, type TraceFile } from './trace-file.js';
import { programVersion } from './version.js';

/** How long calls that run may take to end when the node stops, in milliseconds. */
const shutdownMs = 2000;

/** A node that serves. */
export interface Daemon {
  /** HOST:PORT where it listens. */
  readonly address: string;
  /** HOST:PORT of its metrics; undefined where there are none. */
  readonly metricsAddress: string | undefined;
  /** Hands over, ends what runs, flushes and closes. Calling it again gives the same promise. */
  stop(): Promise<void>;
  /** Rejects when the node cannot go on. */
  readonly failed: Promise<never>;
}

const monotonicClock = () => performance.now();

function processorTimeMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Makes a node out of its parts and starts it. Whatever was opened is closed again when a later step fails.
 * @throws RaftctlError for options, files, data directory or address that cannot be used
 */
export async function startDaemon(options: DaemonOptions, logger?: Logger): Promise<Daemon> {
  const checked = checkOptions(options);
  const log =
    logger ??
    makeLogger({
      level: checked.logLevel ?? 'info',
      format: checked.logFormat ?? 'human',
      base: { node: checked.id },
    });
  const credentials = await Credentials.open({
    nodeId: checked.id,
    tls: checked.tls,
    tokens: checked.clientTokens,
    logger: log,
  });
  const stateMachine = await loadStateMachine(checked.stateMachine ?? 'kv');
  const store = await openStore({
    dataDir: checked.dataDir,
    nodeId: checked.id,
    stateMachine: stateMachine.name,
    logger: log,
  });
  const daemon = new RunningDaemon(checked, { store, stateMachine, credentials, logger: log });
  try {
    checkCluster(credentials.tls, store);
    await daemon.start();
  } catch (error) {
    await daemon.stop();
    throw error;
  }
  return daemon;
}

/** What is there before the node is. */
interface Foundation {
  readonly store: LogStore;
  readonly stateMachine: StateMachine;
  readonly credentials: Credentials;
  readonly logger: Logger;
}

class RunningDaemon implements Daemon {
  address = '';
  metricsAddress: string | undefined;
  readonly #failure = deferred<never>();
  readonly failed = this.#failure.promise;
  readonly #metrics = new PrometheusMetrics();
  readonly #callers: Callers;
  readonly #admission: Admission;
  readonly #server: Server;
  readonly #transport: GrpcTransport;
  readonly #listener: Listener;
  #node: RaftNode | undefined;
  #control: ControlServices | undefined;
  #announcer: Announcer | undefined;
  #metricsServer: MetricsServer | undefined;
  #trace: TraceFile | undefined;
  #stopping: Promise<void> | undefined;

  constructor(
    private readonly options: CheckedOptions,
    private readonly foundation: Foundation,
  ) {
    const { credentials, logger } = foundation;
    const { tls } = credentials;
    const quietLog = new QuietLog(logger, monotonicClock);
    // Who waits for it hears of it; nobody has to.
    this.failed.catch(() => {});
    this.#callers = new Callers({
      clusterId: tls?.identity.clusterId,
      tokens: () => credentials.tokens,
      wallClock: Date.now,
    });
    const pacer = new ReadPacer(monotonicClock);
    this.#admission = new Admission({
      pacer,
      clock: monotonicClock,
      messageMemory: () => process.memoryUsage().arrayBuffers,
      cutOff: (from) => {
        quietLog.warn('untaken', 'connection cut: its answers are not taken', { from });
        pacer.cutOff(from);
      },
      onRefused: (code, reason) => {
        quietLog.warn(`refused ${reason}`, 'call refused', { code, reason });
        this.#metrics.refused(code);
      },
    });
    const onDenied = (code: string) => this.#metrics.refused(code);
    const authorize = authorizing({ callers: this.#callers, log: quietLog, onDenied });
    const interceptors = [this.#admission.interceptor, authorize, untilDeadline];
    this.#server = new Server({ ...serverOptions, interceptors });
    this.#transport = new GrpcTransport({
      logger,
      clock: monotonicClock,
      random: Math.random,
      credentialsFor: (nodeId) => peerCredentials(credentials.tls, nodeId),
      secured: tls !== undefined,
      onPeerConnection: (from) => pacer.exempt(from),
    });
    // Connections come secured from the listener, so gRPC sees them as plain.
    const injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    this.#listener = new Listener(
      tls === undefined ? undefined : { tls, withoutCertificate: credentials.tokens !== undefined },
      (socket) => {
        pacer.add(socket);
        injector.injectConnection(socket);
      },
      (from, reason) => {
        const [host] = from.split(/:\d+$/);
        quietLog.warn(`unsecured ${host} ${reason}`, 'connection refused', { from, reason });
        this.#metrics.refused('E_TLS');
      },
      defaultListenerLimits,
      (run) => pacer.whenThereIsTime(run),
    );
  }

  async start(): Promise<void> {
    const { listen, metrics, trace, reflection = false } = this.options;
    const { logger } = this.foundation;
    if (trace !== undefined) this.#trace = await openTraceFile(trace, logger);
    const port = await this.#listener.listen(listen);
    this.address = withPort(listen, port);
    // No turn of the event loop passes until the services are there: no connection comes before them.
    const node = this.#makeNode(advertisedAddress(this.options, port));
    this.#transport.addTo(this.#server);
    this.#control = addControlServices(this.#server, node, {
      logger,
      callers: this.#callers,
      forwardAudit: (leader, event) => forwardAudit(leader, event, peerCredentials(this.foundation.credentials.tls)),
      reflection,
    });
    this.#metrics.observe(() => node.status());
    if (metrics !== undefined) {
      this.#metricsServer = new MetricsServer(this.#metrics.registry, logger);
      this.metricsAddress = withPort(metrics, await this.#metricsServer.listen(metrics));
    }
    await node.start();
    this.#startAnnouncing(advertisedAddress(this.options, port));
    this.foundation.credentials.watch((tls) => this.#listener.secureWith(tls), this.options.credentialsLookMs);
    logger.info('serving', {
      address: this.address,
      metrics: this.metricsAddress,
      tls: this.foundation.credentials.tls !== undefined,
    });
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  #makeNode(address: string): RaftNode {
    const { id, name, config } = this.options;
    const { store, stateMachine, logger } = this.foundation;
    const node = new RaftNode({
      id,
      name,
      address,
      version: programVersion(),
      config,
      store,
      transport: this.#transport,
      stateMachine,
      ticker: new IntervalTicker(config.tickMs, monotonicClock),
      clock: monotonicClock,
      wallClock: Date.now,
      defer: (run) => setImmediate(run),
      random: Math.random,
      logger,
      metrics: this.#metrics,
      cpuMs: processorTimeMs,
      certificate: this.foundation.credentials.certificate,
      trace: this.#trace?.tracer,
      credentials: () => this.foundation.credentials.status(),
    });
    node.onFatal((reason) => this.#failure.reject(reason));
    this.#node = node;
    return node;
  }

  #startAnnouncing(address: string): void {
    const { id, name, join = [] } = this.options;
    if (join.length === 0) return;
    const { store } = this.foundation;
    this.#announcer = new Announcer({
      announcement: () => ({
        member: { id, name, address, addedIndex: 0, instance: store.identity.instance },
        version: programVersion(),
        clusterId: store.identity.clusterId,
        incarnation: store.identity.incarnation,
        diskFreeBytes: store.status().diskFreeBytes,
        wallClockMs: Date.now(),
        abilities: selfAbilities({ certificate: this.foundation.credentials.certificate }),
      }),
      seeds: join,
      credentials: () => peerCredentials(this.foundation.credentials.tls),
      logger: this.foundation.logger,
    });
    this.#announcer.start();
  }

  /** In this order: nobody new, hand over, end what is open, and the disk last. A step that fails does not keep the next from being done. */
  async #stop(): Promise<void> {
    const { logger, store } = this.foundation;
    logger.info('stopping');
    this.foundation.credentials.stop();
    this.#control?.refuseCalls();
    this.#announcer?.stop();
    await this.#step('node', () => this.#node?.stop());
    this.#control?.endStreams();
    await this.#step('transport', () => this.#transport.close());
    await this.#step('server', () => this.#closeServer());
    this.#metricsServer?.close();
    await this.#step('store', () => store.close());
    await this.#step('trace', () => this.#trace?.close());
    logger.info('stopped');
  }

  async #step(part: string, close: () => Promise<void> | undefined): Promise<void> {
    try {
      await close();
    } catch (error) {
      this.foundation.logger.error('could not be closed', { part, error: messageOf(error) });
    }
  }

  /** Lets the answers of ended calls out; whoever does not go by himself is cut off. */
  async #closeServer(): Promise<void> {
    this.#listener.close();
    this.#admission.stop();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, shutdownMs);
      this.#server.tryShutdown(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    this.#server.forceShutdown();
    this.#listener.destroy();
  }
}

/** A data directory of one cluster and a certificate for another one are a mistake that nobody should find out about later. */
function checkCluster(tls: TlsMaterial | undefined, { identity }: LogStore): void {
  if (tls === undefined || identity.clusterId === '' || identity.clusterId === tls.identity.clusterId) return;
  throw new RaftctlError(
    'E_WRONG_CLUSTER',
    `the certificate is for cluster ${tls.identity.clusterId}, and the data directory belongs to cluster ${identity.clusterId}`,
    { hint: `raftctl certs create --cluster-id ${identity.clusterId}` },
  );
}

function withPort(text: string, port: number): string {
  const address = parseAddress(text);
  assert(address !== undefined, 'the address is checked before');
  return formatAddress({ host: address.host, port });
}
