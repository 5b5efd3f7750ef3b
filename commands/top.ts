import { wholeClusterFlags } from '../src/cli/flags.js';
import { statusScreen } from '../src/cli/status-screen.js';
import { isUtf8 } from '../src/cli/terminal.js';
import { runTop, topWidthMin } from '../src/cli/top/top.js';
import { WatchCommand, watchFlags } from '../src/cli/watch-command.js';

export default class Top extends WatchCommand<typeof Top> {
  static override summary = 'watch the cluster on the whole terminal, live';
  static override description =
    'Read-only. Keys: up and down (or k and j) choose a node, enter shows what is known of it, w what would be if it were down; s order, f filter, p pause, c configuration, e events, q quit. FSYNC and APPLY are how long its disk takes to flush and its state machine to apply, 99 of 100 times; columns for which there is no room are left out. Where stdout is no terminal, is narrower than 80 columns or knows nothing (TERM=dumb), it is raftctl status --watch instead.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -e 10.0.0.1:7400',
    'TERM=dumb <%= config.bin %> <%= command.id %> --interval 5s',
  ];
  static override baseFlags = wholeClusterFlags;
  static override flags = { interval: watchFlags.interval };
  static override kind = 'ClusterStatus';

  async run(): Promise<void> {
    const { stdout, stdin, env } = process;
    const fits =
      stdout.isTTY === true && stdin.isTTY === true && stdout.columns >= topWidthMin && env['TERM'] !== 'dumb';
    if (fits && this.format === 'table') {
      await runTop(await this.connect(), { style: this.style, unicode: isUtf8(env) });
      return;
    }
    const { tableOptions, style } = this;
    const options = { ...tableOptions, style, wide: this.format === 'wide', hints: stdout.isTTY === true };
    await this.watchWith('ClusterStatus', (view) => statusScreen(view, options));
  }

  /** All of it is shown while it runs. */
  protected text(): string {
    return '';
  }
}
