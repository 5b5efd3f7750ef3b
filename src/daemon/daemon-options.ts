import { formatAddress, isLoopback, isUnspecified, parseAddress } from '../base/address.js';
import { RaftctlError } from '../base/errors.js';
import { defaultNodeConfig, type NodeConfig } from '../node/node-config.js';

/** Levels of the log, the most talkative first. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
/** A level of the log: lines below it are left out. */
export type LogLevel = (typeof logLevels)[number];

/** PEM files of a node: its own certificate and key, and the authority that signed those of the others. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** What a node process is told from outside; whatever is left out has a default. */
export interface DaemonOptions {
  readonly id: number;
  readonly dataDir: string;
  /** HOST:PORT; port 0 takes one that is free. */
  readonly listen: string;
  /** HOST:PORT that others dial. Default: where the node listens. */
  readonly advertise?: string | undefined;
  /** Name for people. Default: `n` and the id. */
  readonly name?: string | undefined;
  /** Nodes of a cluster to announce this one to. */
  readonly join?: readonly string[] | undefined;
  /** `kv`, `register`, or a module. Default: `kv`. */
  readonly stateMachine?: string | undefined;
  /** HOST:PORT for Prometheus; left out, there are no metrics. */
  readonly metrics?: string | undefined;
  /** Left out, everything goes in plain text. */
  readonly tls?: TlsFiles | undefined;
  /** File of the tokens by which clients may show who they are; given, nobody is served who shows nothing. */
  readonly clientTokens?: string | undefined;
  /** How often certificates and tokens are looked at for changes, in milliseconds. Default: 10 000. */
  readonly credentialsLookMs?: number | undefined;
  /** Plain text is allowed beyond this machine. */
  readonly insecure?: boolean | undefined;
  readonly logLevel?: LogLevel | undefined;
  readonly logFormat?: 'human' | 'json' | undefined;
  /** File to which the events of the core are appended, as NDJSON; left out, nobody listens to them. */
  readonly trace?: string | undefined;
  /** Offers gRPC reflection. */
  readonly reflection?: boolean | undefined;
  /** What differs from `defaultNodeConfig`; undefined stands for the default. */
  readonly config?: { readonly [name in keyof NodeConfig]?: NodeConfig[name] | undefined } | undefined;
}

/** Everything that can be said of the options before anything is opened. */
export interface CheckedOptions extends Omit<DaemonOptions, 'config'> {
  readonly name: string;
  readonly config: NodeConfig;
}

/**
 * Holds the options to what a node needs.
 * @throws RaftctlError E_USAGE, or E_TLS_REQUIRED where plain text would leave the machine
 */
export function checkOptions(options: DaemonOptions): CheckedOptions {
  if (!Number.isSafeInteger(options.id) || options.id < 1) throw usage(`--id ${options.id}: must be 1 or more`);
  if (options.dataDir === '') throw usage('--data-dir: must name a folder');
  readAddress('--listen', options.listen);
  if (options.metrics !== undefined) readAddress('--metrics', options.metrics);
  if (options.advertise !== undefined) checkDialled('--advertise', options.advertise);
  for (const seed of options.join ?? []) checkDialled('--join', seed);
  checkAdvertisable(options);
  checkPlaintext(options);
  return {
    ...options,
    name: options.name ?? `n${options.id}`,
    config: checkConfig({ ...defaultNodeConfig, ...given(options.config ?? {}) }),
  };
}

/** Without the settings that nobody made. */
function given(config: NonNullable<DaemonOptions['config']>): Partial<NodeConfig> {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}

function readAddress(flag: string, text: string) {
  const address = parseAddress(text);
  if (address === undefined) throw usage(`${flag} ${text}: must be HOST:PORT or [IPV6]:PORT`);
  return address;
}

function checkDialled(flag: string, text: string): void {
  const { host, port } = readAddress(flag, text);
  if (port === 0 || isUnspecified(host)) throw usage(`${flag} ${text}: others cannot dial this`);
}

function checkAdvertisable({ listen, advertise }: DaemonOptions): void {
  const { host } = readAddress('--listen', listen);
  if (advertise === undefined && isUnspecified(host)) {
    throw new RaftctlError(
      'E_USAGE',
      `--listen ${listen} means every address of this machine, which others cannot dial`,
      {
        hint: 'say where others find this node: --advertise HOST:PORT',
      },
    );
  }
}

/** Without TLS nothing leaves the machine unless the operator has said so. */
function checkPlaintext({ tls, insecure, listen, advertise, join, metrics }: DaemonOptions): void {
  if (tls !== undefined || insecure) return;
  const named = { '--listen': [listen], '--advertise': [advertise], '--join': join ?? [], '--metrics': [metrics] };
  for (const [flag, addresses] of Object.entries(named)) {
    for (const text of addresses) {
      if (text === undefined || isLoopback(readAddress(flag, text).host)) continue;
      throw new RaftctlError('E_TLS_REQUIRED', `${flag} ${text} is beyond this machine, and there is no TLS`, {
        hint: 'give --tls-cert, --tls-key and --tls-ca, or for a lab: --insecure',
      });
    }
  }
}

/** Settings for which 0 makes sense. */
const mayBeNothing = new Set(['keepEntries', 'spaceReserveBytes', 'appendReserveBytes']);

function checkConfig(config: NodeConfig): NodeConfig {
  for (const [name, value] of Object.entries(config)) {
    const least = mayBeNothing.has(name) ? 0 : 1;
    if (!Number.isSafeInteger(value) || value < least) throw usage(`${name} ${value}: must be ${least} or more`);
  }
  if (config.electionTicks <= config.heartbeatTicks) {
    throw usage(`electionTicks ${config.electionTicks}: must be more than heartbeatTicks ${config.heartbeatTicks}`);
  }
  const { spaceReserveBytes, appendReserveBytes } = config;
  if (appendReserveBytes > spaceReserveBytes) {
    throw usage(
      `--append-reserve of ${appendReserveBytes} bytes: must not be more than --space-reserve, which is ${spaceReserveBytes}`,
    );
  }
  return config;
}

/** The address that others dial, once the port is known. */
export function advertisedAddress({ advertise, listen }: CheckedOptions, boundPort: number): string {
  return advertise ?? formatAddress({ host: readAddress('--listen', listen).host, port: boundPort });
}

function usage(message: string): RaftctlError {
  return new RaftctlError('E_USAGE', message);
}
