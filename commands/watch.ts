import { Flags } from '@oclif/core';
import { ClusterCommand } from '../src/cli/cluster-command.js';
import { parseEventTypes } from '../src/cli/events-data.js';
import { numberFlag, wholeClusterFlags } from '../src/cli/flags.js';
import { readerGone } from '../src/cli/reader-gone.js';
import { requireLines, writeEvents } from '../src/cli/watch-events.js';

export default class Watch extends ClusterCommand<typeof Watch> {
  static override summary = 'tell what happens as it happens, one line an event';
  static override description =
    'Goes on until Ctrl-C. When the node that tells the events dies, another one goes on where it stopped: sequence numbers are the same on all. With --since a watcher that was away is told what it missed. --exec runs a command of the shell for each event, one after the other, with RAFTCTL_EVENT_SEQ, _TS, _TYPE, _TERM, _NODE, _CAUSE, _TEXT, _CHANGE, _BY, _REASON and _JSON in its environment. Types: leader, config, change, health, snapshot, member, recovery, alarm; and audit, which is told only where it is asked for.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --types leader,config',
    '<%= config.bin %> <%= command.id %> -o ndjson --since 48210',
    '<%= config.bin %> <%= command.id %> --types health --exec \'logger "$RAFTCTL_EVENT_TEXT"\'',
  ];
  static override baseFlags = wholeClusterFlags;
  static override flags = {
    types: Flags.string({ description: 'only of these types', helpValue: 'TYPE,…' }),
    since: numberFlag({ description: 'first what happened after this sequence number', min: 0, helpValue: 'SEQ' }),
    exec: Flags.string({ description: 'command of the shell to run for each event', helpValue: 'CMD' }),
  };
  static override kind = 'Event';

  async run(): Promise<void> {
    requireLines(this.format);
    const { types, since, exec } = this.flags;
    const options = {
      types: types === undefined ? [] : parseEventTypes(types),
      ...(since === undefined ? {} : { since }),
    };
    await writeEvents(await this.connect(), options, {
      documents: this.format === 'ndjson',
      exec,
      signal: readerGone(),
      say: (line) => this.progress(line),
    });
  }

  /** Each event is written when it happens; there is no more to say at the end. */
  protected text(): string {
    return '';
  }
}
