import { BaseCommand } from '../../src/cli/index.js';
import { nodeFlags } from '../../src/cli/node-flags.js';
import { settingsArguments } from '../../src/cli/settings-file.js';

export default class NodeStart extends BaseCommand<typeof NodeStart> {
  static override summary = 'run a node in the foreground';
  static override description =
    'Prints one line on stdout once it serves; the log goes to stderr. Stops cleanly on SIGTERM and SIGINT, having handed over where it leads; ' +
    'a second signal ends it at once. A fresh node waits for cluster bootstrap, or for member add.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --id 1 --data-dir data/1 --listen 127.0.0.1:7401',
    '<%= config.bin %> <%= command.id %> --id 4 --data-dir data/4 --listen 127.0.0.1:7404 --join 127.0.0.1:7401',
    '<%= config.bin %> <%= command.id %> --config /etc/raftctl/node.yaml',
  ];
  static override kind = 'Node';
  static override flags = nodeFlags;

  override async init(): Promise<void> {
    const at = this.argv.findIndex((argument) => /^--config(=|$)/.test(argument));
    const file = this.argv[at]?.split('=', 2)[1] ?? this.argv[at + 1];
    if (at !== -1 && file !== undefined) {
      this.argv.unshift(...(await settingsArguments(file, this.argv, Object.keys(nodeFlags))));
    }
    await super.init();
  }

  async run(): Promise<void> {
    const { flags } = this;
    const { 'tls-cert': cert, 'tls-key': key, 'tls-ca': ca } = flags;
    const { runDaemon } = await import('../../src/daemon/index.js');
    await runDaemon({
      ...flags,
      dataDir: flags['data-dir'],
      stateMachine: flags['state-machine'],
      logLevel: flags['log-level'],
      logFormat: flags['log-format'],
      tls: cert !== undefined && key !== undefined && ca !== undefined ? { cert, key, ca } : undefined,
      clientTokens: flags['client-tokens'],
      config: {
        tickMs: flags.tick,
        electionTicks: flags['election-ticks'],
        heartbeatTicks: flags['heartbeat-ticks'],
        snapshotEntries: flags['snapshot-entries'],
        snapshotLogBytes: flags['snapshot-log-size'],
        keepEntries: flags['keep-entries'],
        proposalBytesMax: flags['proposal-size-max'],
        inboxItemsMax: flags['inbox-max'],
        inboxBytesMax: flags['inbox-size-max'],
        callsMax: flags['calls-max'],
        uncommittedBytesMax: flags['uncommitted-size-max'],
        spaceReserveBytes: flags['space-reserve'],
        appendReserveBytes: flags['append-reserve'],
      },
    });
  }

  /** The one line is printed while the node runs; there is no more to say at its end. */
  protected text(): string {
    return '';
  }
}
