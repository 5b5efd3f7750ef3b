import { spawn } from 'node:child_process';
import { binary, ending } from './binary.js';

/** Keys that somebody presses once something is to be seen that was not there before the keys before. */
export interface Typing {
  readonly once: RegExp;
  readonly keys: string;
}

/** What a command showed on a terminal of 80 columns and 40 lines, without the carriage returns that terminals want. */
export async function onTerminal(
  args: readonly string[],
  home: string,
  typed: readonly Typing[] = [],
): Promise<string> {
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
    stdio: [typed.length === 0 ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  let shown = '';
  let read = 0;
  const ahead = [...typed];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    const [next] = ahead;
    if (next === undefined || !next.once.test(shown.slice(read))) return;
    read = shown.length;
    ahead.shift();
    child.stdin?.write(next.keys);
  });
  await ending(child);
  return shown.replaceAll('\r', '');
}
