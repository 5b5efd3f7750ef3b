import { type Command, Flags } from '@oclif/core';
import { RaftctlError } from '../base/errors.js';
import type { ClusterView } from '../client/index.js';
import { ClusterCommand } from './cluster-command.js';
import { durationFlag } from './flags.js';
import { readerGone } from './reader-gone.js';
import { type Screen, watchScreens, withWatchInterval } from './watch-screens.js';

/** What every command understands that can show its result again and again. */
export const watchFlags = {
  watch: Flags.boolean({ char: 'w', description: 'show it again and again; --watch=5s at most so often' }),
  interval: durationFlag({
    description: 'least time between two screens of --watch',
    default: 2000,
    defaultHelp: async () => '2s',
  }),
};

/** A command that shows the cluster once, or with `--watch` until it is stopped. */
export abstract class WatchCommand<C extends typeof Command> extends ClusterCommand<C> {
  override async init(): Promise<void> {
    this.argv = withWatchInterval(this.argv);
    await super.init();
  }

  /** Shows what `screen` makes of each sight until nobody reads it any more. */
  protected async watchWith(kind: string, screen: (view: ClusterView) => Promise<Screen>): Promise<void> {
    if (this.format === 'json' || this.format === 'yaml') {
      throw new RaftctlError('E_USAGE', `--watch writes more than one document: ${this.format} is for one`, {
        hint: 'use -o ndjson',
      });
    }
    const signal = readerGone();
    const { interval: intervalMs } = this.values as { interval: number };
    const client = await this.connect();
    await watchScreens(client.watch(signal), { kind, documents: this.format === 'ndjson', intervalMs, signal, screen });
  }
}
