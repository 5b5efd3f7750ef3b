import type { Command } from '@oclif/core';
import type { Client, ClusterView, NodeStatus } from '../client/index.js';
import { BaseCommand } from './base-command.js';
import { type ConnectionFlags, toClientOptions } from './connection-options.js';
import { type Context, configFiles, findContext } from './contexts.js';
import { connectionFlags, outputFlags, type wholeClusterFlags } from './flags.js';
import { identityOf, sourceOf } from './status-data.js';
import { escapeControl } from './style.js';

/** What a command wants of its client beyond what the flags say. */
export interface ConnectOptions {
  /** Name of the session, so that this run repeats what an earlier one proposed. */
  readonly clientId?: string;
  /** Instead of `--timeout`. */
  readonly timeoutMs?: number;
}

/** What the commands have in common that talk to a cluster: the connection flags, the context, and one client for one run. */
export abstract class ClusterCommand<C extends typeof Command> extends BaseCommand<C> {
  // A command that asks all nodes has `wholeClusterFlags` instead.
  static override baseFlags: typeof wholeClusterFlags & Partial<Pick<typeof connectionFlags, 'node'>> = {
    ...outputFlags,
    ...connectionFlags,
  };

  /** The context of the configuration file that is in use, if one is. */
  protected context: Context | undefined;
  #client: Client | undefined;
  /** Addresses of other clusters that were named already. */
  readonly #named = new Set<string>();

  /** The client of this run, loaded when it is first asked for. */
  protected async connect(options: ConnectOptions = {}): Promise<Client> {
    if (this.#client !== undefined) return this.#client;
    const flags = this.values as Readonly<Record<string, unknown>> & ConnectionFlags;
    this.context = await contextFor(flags);
    this.#explainSchemes();
    const { createClient } = await import('../client/index.js');
    // Node warns of TLS to an address without a host name; who runs a command can do nothing about it.
    process.noDeprecation = true;
    const onRetry = ({ message }: Error) => {
      if (this.verbose) this.progress(`again: ${message}`);
    };
    this.#client = createClient({ ...(await toClientOptions(flags, this.context)), ...options, onRetry });
    return this.#client;
  }

  /** People paste addresses of the web; what is spoken here is neither, so the start of such an address says nothing. */
  #explainSchemes(): void {
    if (!this.verbose) return;
    const given = this.raw.flatMap((token) => (token.type === 'flag' && token.flag === 'endpoints' ? token.input : []));
    const fallback = process.env['RAFTCTL_ENDPOINTS'] ?? this.context?.endpoints.join(',') ?? '';
    for (const address of (given.length > 0 ? given.join(',') : fallback).split(',')) {
      const scheme = /^https?:\/\//.exec(address)?.[0];
      if (scheme === undefined) continue;
      this.progress(
        `${escapeControl(address)}: ${scheme} is left out; nodes speak gRPC, and --cacert or --insecure say whether over TLS`,
      );
    }
  }

  /** The view of the whole cluster; the documents then say whose it is. */
  protected async view(): Promise<ClusterView> {
    const view = await (await this.connect()).view();
    this.#nameOthers(view);
    this.source = sourceOf(view);
    this.cluster = identityOf(view);
    return view;
  }

  /** Endpoints of two clusters are a slip: the first one that answers decides which is meant, and the others are not passed over in silence. */
  #nameOthers({ clusterId, strangers }: ClusterView): void {
    for (const { address, id, clusterId: other } of strangers) {
      if (other === '' || other === clusterId || this.#named.has(address)) continue;
      this.#named.add(address);
      const message = `${address} is node ${id} of another cluster, ${other}, and is left out`;
      this.caution({ code: 'W_WRONG_CLUSTER', message, nodes: [id] });
    }
  }

  /** What one node says of itself, and of nobody else; the documents then say that it was asked. */
  protected async ownView(id: number): Promise<NodeStatus> {
    const status = await (await this.connect()).nodeStatus(id);
    this.source = { node: status.id, consistency: 'local', term: status.hardState?.term ?? null };
    return status;
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    this.#client?.close();
    await super.finally(error);
  }
}

/** Undefined where it was removed meanwhile. */
function currentFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** Endpoints that are given without a context mean their own cluster, not the one that happens to be current. */
export async function contextFor(flags: ConnectionFlags): Promise<Context | undefined> {
  if (flags.endpoints !== undefined && flags.context === undefined) return undefined;
  return findContext(flags.context, configFiles(process.env, currentFolder()));
}
