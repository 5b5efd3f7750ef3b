import { type Ending, ending, startBinary } from './binary.js';

/** A line of `-o ndjson`, as far as the stories look at it. */
export interface ToldEvent {
  readonly kind: string;
  readonly phase?: string;
  readonly changeId?: string;
}

/** A command that tells with `-o ndjson` what happens, in a process of its own: it can be listened to, and killed, while it runs. */
export class TellingCommand {
  readonly events: ToldEvent[] = [];
  /** How it ended, once it has. */
  readonly ended: Promise<Ending>;
  readonly #child;
  #rest = '';
  #stderr = '';
  #listeners: (() => void)[] = [];
  #hasEnded = false;

  constructor(args: readonly string[], endpoints: string, home: string) {
    this.#child = startBinary([...args, '-o', 'ndjson', '--endpoints', endpoints], home);
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.ended = ending(this.#child);
    void this.ended.then(() => {
      this.#hasEnded = true;
      this.#wake();
    });
  }

  /** Whether it tells that the change has come to `phase`, as soon as that is known. */
  async tellsOf(phase: string): Promise<boolean> {
    const fits = (event: ToldEvent) => event.kind === 'ChangeEvent' && event.phase === phase;
    for (;;) {
      if (this.events.some(fits)) return true;
      if (this.#hasEnded) return false;
      await new Promise<void>((resolve) => this.#listeners.push(resolve));
    }
  }

  /** Resolves when the change has come to `phase`. Rejects where the command ends without telling of it. */
  async phase(phase: string): Promise<void> {
    if (!(await this.tellsOf(phase))) throw new Error(`it ended before it told of ${phase}:\n${this.told}`);
  }

  /** What it wrote, for whoever reads why a test failed. */
  get told(): string {
    return `${this.events.map((event) => JSON.stringify(event)).join('\n')}\n${this.#stderr}`;
  }

  kill(): Promise<Ending> {
    this.#child.kill('SIGKILL');
    return this.ended;
  }

  #hear(text: string): void {
    const lines = `${this.#rest}${text}`.split('\n');
    this.#rest = lines.pop() ?? '';
    this.events.push(...lines.filter(Boolean).map((line) => JSON.parse(line) as ToldEvent));
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#listeners.splice(0)) resolve();
  }
}
