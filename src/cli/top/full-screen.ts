/** What is needed of a terminal that is written to. */
export interface ScreenOutput extends NodeJS.EventEmitter {
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** What is needed of a terminal that is read from. */
export interface KeyInput extends NodeJS.EventEmitter {
  setRawMode?(raw: boolean): unknown;
  setEncoding(encoding: 'utf8'): unknown;
  resume(): unknown;
  pause(): unknown;
}

const enter = '\u001b[?1049h\u001b[?25l';
const leave = '\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const clearLine = '\u001b[K';
const clearBelow = '\u001b[J';

/** A sequence that a terminal sends for a key that is no character, or one character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is how these sequences begin
const keyPattern = /\u001b[[O][A-Z]|[\s\S]/gu;

/** Names of keys that are no characters. */
const keyNames: Readonly<Record<string, string>> = {
  '\u001b[A': 'up',
  '\u001bOA': 'up',
  '\u001b[B': 'down',
  '\u001bOB': 'down',
  '\u001b': 'escape',
  '\r': 'enter',
  '\n': 'enter',
};

const deadlySignals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * The terminal as one screen that is drawn anew, on the terminal's second page: what was there before comes back at the end, however
 * that comes, by `close`, by a signal or by a crash.
 */
export class FullScreen {
  #open = true;
  readonly #restore = () => this.#giveBack();
  readonly #onSignal = (signal: NodeJS.Signals) => {
    this.close();
    // Whoever waits for this process is to see by what it ended.
    process.kill(process.pid, signal);
  };

  /** @param onKey told of each key, by its character or as `up`, `down`, `enter`, `escape`, and `onResize` when the size has changed */
  constructor(
    private readonly output: ScreenOutput,
    private readonly input: KeyInput,
    private readonly onKey: (key: string) => void,
    private readonly onResize: () => void,
  ) {
    output.write(enter);
    // Runs after an error that nobody caught as well.
    process.once('exit', this.#restore);
    for (const signal of deadlySignals) process.once(signal, this.#onSignal);
    output.on('resize', onResize);
    input.setRawMode?.(true);
    input.setEncoding('utf8');
    input.on('data', this.#onData);
    input.resume();
  }

  get size(): { readonly width: number; readonly height: number } {
    return { width: this.output.columns ?? 80, height: this.output.rows ?? 24 };
  }

  /** Shows lines instead of those that are there. */
  draw(lines: readonly string[]): void {
    if (this.#open) this.output.write(`${home}${lines.map((line) => `${line}${clearLine}`).join('\r\n')}${clearBelow}`);
  }

  /** Gives the terminal back as it was. */
  close(): void {
    this.#giveBack();
    process.off('exit', this.#restore);
    for (const signal of deadlySignals) process.off(signal, this.#onSignal);
    this.output.off('resize', this.onResize);
    this.input.off('data', this.#onData);
    this.input.pause();
  }

  readonly #onData = (text: string) => {
    for (const [key] of text.matchAll(keyPattern)) this.onKey(keyNames[key] ?? key);
  };

  #giveBack(): void {
    if (!this.#open) return;
    this.#open = false;
    this.input.setRawMode?.(false);
    this.output.write(leave);
  }
}
