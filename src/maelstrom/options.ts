import { parseArgs } from 'node:util';
import { messageOf, RaftctlError } from '../base/errors.js';
import { type LogLevel, logLevels } from '../daemon/daemon-options.js';

/** What the program is told on its command line; whatever is left out has a default. */
export interface MaelstromOptions {
  /** Folder that gets one data directory a node. Undefined: a temporary one, for one life. */
  readonly dataDir: string | undefined;
  readonly tickMs: number;
  readonly snapshotEntries: number;
  readonly logLevel: LogLevel;
}

export const usage = `usage: raftctl-maelstrom [--data-dir DIR] [--tick-ms N] [--snapshot-entries N] [--log-level LEVEL]

A node for Maelstrom's workload lin-kv: messages on stdin and stdout, one a line, the log on stderr.

  --data-dir DIR         keeps each node's data in DIR/NAME, so that a killed node comes back with what it had (default: a temporary folder)
  --tick-ms N            milliseconds of a tick; an election takes 10 to 20 of them (default: 50)
  --snapshot-entries N   entries between two snapshots (default: 10000)
  --log-level LEVEL      ${logLevels.join(', ')} (default: info)
`;

/** Reads the arguments; undefined where only help is wanted. @throws RaftctlError E_USAGE */
export function readOptions(args: readonly string[]): MaelstromOptions | undefined {
  const values = parse(args);
  if (values.help === true) return undefined;
  return {
    dataDir: values['data-dir'],
    tickMs: wholeNumber('--tick-ms', values['tick-ms'] ?? '50'),
    snapshotEntries: wholeNumber('--snapshot-entries', values['snapshot-entries'] ?? '10000'),
    logLevel: level(values['log-level'] ?? 'info'),
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        ...{ 'data-dir': text, 'tick-ms': text, 'snapshot-entries': text, 'log-level': text },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (thrown) {
    throw new RaftctlError('E_USAGE', messageOf(thrown), { hint: 'raftctl-maelstrom --help' });
  }
}

function wholeNumber(flag: string, text: string): number {
  const value = Number(text);
  if (/^\d{1,7}$/.test(text) && value > 0) return value;
  throw new RaftctlError('E_USAGE', `${flag} takes a whole number from 1 to 9999999, not ${JSON.stringify(text)}`);
}

function level(text: string): LogLevel {
  const found = logLevels.find((one) => one === text);
  if (found !== undefined) return found;
  throw new RaftctlError('E_USAGE', `--log-level takes ${logLevels.join(', ')}, not ${JSON.stringify(text)}`);
}
