import { spawn } from 'node:child_process';
import { binary, ending } from './binary.js';

/** What a command showed on a terminal of 80 columns and 40 lines, without the carriage returns that terminals want. */
export async function onTerminal(args: readonly string[], home: string): Promise<string> {
  const command = [process.execPath, binary, ...args].map((word) => `'${word}'`).join(' ');
  // The tool `script` of util-linux gives its command a terminal.
  const child = spawn('script', ['-qec', `stty cols 80 rows 40; exec ${command}`, '/dev/null'], {
    cwd: home,
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      XDG_CONFIG_HOME: home,
      NO_COLOR: '1',
      TERM: 'xterm',
      LANG: 'C.UTF-8',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
  });
  await ending(child);
  return shown.replaceAll('\r', '');
}
