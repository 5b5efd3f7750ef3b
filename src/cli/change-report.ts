import type { ChangeMembersResponse } from '../client/index.js';
import { changeBlock, heartbeatLine, phaseLine } from './change-lines.js';
import { advance, beginProgress, type ChangeProgress } from './change-progress.js';
import { isUtf8 } from './terminal.js';
import { phaseNames } from './wire-names.js';

/** Tells a person how a change goes, on stderr. */
export interface ChangeReport {
  see(event: ChangeMembersResponse): void;
  /** Nothing more comes; what was said last stays. */
  end(): void;
}

/** Where a report writes to: a stream that may be a terminal. */
export interface ReportStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const heartbeatMs = 10_000;
const redrawMs = 250;

/** How much is to be told. */
export interface ReportOptions {
  readonly quiet: boolean;
  /** Other lines are written as well, and nothing may be drawn over them. */
  readonly verbose: boolean;
}

/** The report that fits: none where quiet was asked for, a block that is drawn anew on a terminal, otherwise one line a phase. */
export function reportFor(
  id: string,
  { quiet, verbose }: ReportOptions,
  stream: ReportStream,
  env: NodeJS.ProcessEnv,
): ChangeReport {
  if (quiet) return { see() {}, end() {} };
  const drawn = stream.isTTY === true && env['TERM'] !== 'dumb' && !env['CI'] && !verbose;
  return drawn ? new BlockReport(id, stream, isUtf8(env)) : new LineReport(id, stream);
}

/** One line for each phase, and every ten seconds one that says how it stands. */
class LineReport implements ChangeReport {
  #progress: ChangeProgress;
  #told = '';
  readonly #timer: NodeJS.Timeout;

  constructor(
    id: string,
    private readonly stream: ReportStream,
  ) {
    this.#progress = beginProgress(id, Date.now());
    this.#timer = setInterval(() => this.#say(heartbeatLine(this.#progress, Date.now())), heartbeatMs);
    this.#timer.unref();
  }

  see(event: ChangeMembersResponse): void {
    this.#progress = advance(this.#progress, event, Date.now());
    const phase = phaseNames[event.phase];
    // The plan is told by the command, and warnings with it.
    if (phase === 'planned' || `${phase} ${event.text}` === this.#told) return;
    this.#told = `${phase} ${event.text}`;
    this.#say(phaseLine(phase, event.text));
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #say(line: string): void {
    this.#timer.refresh();
    this.stream.write(`${line}\n`);
  }
}

/** A block of lines that is drawn over the one before. */
class BlockReport implements ChangeReport {
  #progress: ChangeProgress;
  #drawn = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(
    id: string,
    private readonly stream: ReportStream,
    private readonly unicode: boolean,
  ) {
    this.#progress = beginProgress(id, Date.now());
    this.#timer = setInterval(() => this.#draw(), redrawMs);
    this.#timer.unref();
  }

  see(event: ChangeMembersResponse): void {
    this.#progress = advance(this.#progress, event, Date.now());
    this.#draw();
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #draw(): void {
    if (this.#progress.seen.length === 0) return;
    // One column stays free: some terminals go to the next line when the last one is written to.
    const width = Math.max(20, (this.stream.columns ?? 80) - 1);
    const lines = changeBlock(this.#progress, Date.now(), { width, unicode: this.unicode });
    const back = this.#drawn === 0 ? '' : `\u001b[${this.#drawn}A`;
    this.stream.write(`${back}\u001b[0J${lines.join('\n')}\n`);
    this.#drawn = lines.length;
  }
}
