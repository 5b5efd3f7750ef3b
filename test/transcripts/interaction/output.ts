import { indent } from './describe.js';

const LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL', 'NONE'] as const;
type Level = (typeof LEVELS)[number];

/**
 * What a step prints. Log lines are not part of a transcript, so of the levels only NONE makes a difference: it drops all that is printed,
 * which keeps the setting up of a story short.
 */
export class Output {
  #level: Level = 'DEBUG';
  #text = '';

  get level(): string {
    return this.#level;
  }

  isQuiet(): boolean {
    return this.#level === 'NONE';
  }

  /** @throws StepError where there is no such level */
  setLevel(name: string): void {
    const level = LEVELS.find((known) => known === name.toUpperCase());
    if (level === undefined) throw new StepError(`log levels must be either of [${LEVELS.join(' ')}]`);
    this.#level = level;
  }

  write(text: string): void {
    if (!this.isQuiet()) this.#text += text;
  }

  /** Takes what was printed. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  /** Prints what `act` prints, each line whole and two spaces further in. */
  indented(act: () => void): void {
    const before = this.take();
    try {
      act();
    } finally {
      const inner = this.take();
      this.#text = before + indent(inner === '' || inner.endsWith('\n') ? inner : `${inner}\n`);
    }
  }
}

/** A step that could not be carried out: its message is what the step prints. */
export class StepError extends Error {
  override readonly name = 'StepError';
}
