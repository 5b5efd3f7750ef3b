import { Command, type Interfaces } from '@oclif/core';
import type { RaftctlError } from '../base/errors.js';
import { type ClusterIdentity, type Outcome, type Source, toEnvelope, type Warning } from './envelope.js';
import { errorText } from './error-text.js';
import { type OutputFormat, outputFlags } from './flags.js';
import { documentText, isDocument, outputFormatOf } from './output-mode.js';
import { withRecoveryHint } from './recovery-hint.js';
import { escapeControl, loadStyle, plainStyle, type Style, wantsColor } from './style.js';
import type { TableOptions } from './table.js';
import { toRaftctlError } from './to-error.js';

/** Values of a command's own flags, and of those of its base that it does not define anew. */
export type FlagsOf<C extends typeof Command> = Interfaces.InferredFlags<
  Omit<C['baseFlags'], keyof C['flags']> & C['flags']
>;
/** Values of a command's arguments. */
export type ArgsOf<C extends typeof Command> = Interfaces.InferredArgs<C['args']>;

/**
 * What all commands have in common. A command parses nothing and prints nothing: `run()` returns the value that the documents carry as `data`,
 * and `text()` says how people see it. Exit codes are the same in every form of output, and in the forms for programs there is exactly one
 * document on stdout, on success and on failure.
 */
export abstract class BaseCommand<C extends typeof Command> extends Command {
  static override baseFlags = outputFlags;
  static override flags = {};
  /** Name of the type of `data`. */
  static kind = 'Object';
  /** Whether the command may change the cluster: its errors then say what was changed. */
  static mutating = false;

  protected flags!: FlagsOf<C>;
  protected args!: ArgsOf<C>;
  /** The same flags as `flags`, for the base classes, which do not know the command's own. */
  protected values: Readonly<Record<string, unknown>> = {};
  /** The arguments as they were given, each with what it was taken for. */
  protected raw: Interfaces.ParserOutput['raw'] = [];
  /** Colours for stdout. */
  protected style: Style = plainStyle;
  protected format: OutputFormat = 'table';
  /** Name of the type of `data`, where a flag makes it another one than the command's. */
  protected kind: string | undefined;
  protected source: Source | undefined;
  protected cluster: ClusterIdentity | undefined;
  #errorStyle: Style = plainStyle;
  #failure: RaftctlError | undefined;
  /** Whether the result itself tells people of the failure. */
  #told = false;
  readonly #warnings: Warning[] = [];

  /** The result for people, without the last line end; an empty text prints nothing. */
  protected abstract text(data: unknown): string | Promise<string>;

  /** What `-o name` and `-q` print, as `member/3`, one a line. */
  protected names(_data: unknown): readonly string[] {
    return [];
  }

  override async init(): Promise<void> {
    await super.init();
    this.format = outputFormatOf(this.argv, process.env);
    await this.#loadStyles(this.argv.includes('--no-color') ? 'never' : 'auto');
    const { flags, args, raw } = await this.parse();
    this.raw = raw;
    this.flags = flags as FlagsOf<C>;
    this.values = flags;
    this.args = args as ArgsOf<C>;
    if (flags['quiet'] === true && this.format === 'table') this.format = 'quiet';
    await this.#loadStyles(flags['no-color'] === true ? 'never' : flags['color']);
  }

  /** Ends the command with this error's exit code although there is a result to print. */
  protected fail(error: RaftctlError): void {
    this.#failure ??= withRecoveryHint(error);
  }

  /** Ends the command with this error's exit code; the result says why in its own words, so that nothing of it stands on stderr. */
  protected answer(error: RaftctlError): void {
    if (this.#failure !== undefined) return;
    this.#failure = withRecoveryHint(error);
    this.#told = true;
  }

  /** Puts something that is no error into the documents; the command's text shows it in its own way. */
  protected note(warning: Warning): void {
    this.#warnings.push(warning);
  }

  /** What was noted so far. */
  protected get notes(): readonly Warning[] {
    return this.#warnings;
  }

  /** Says something that is no error: on stderr, and in the documents. */
  protected caution(warning: Warning): void {
    this.note(warning);
    if (!this.quiet) process.stderr.write(`${this.#errorStyle.yellow('warning:')} ${escapeControl(warning.message)}\n`);
  }

  /** Says what goes on, on stderr; not with `-q`. */
  protected progress(line: string): void {
    if (!this.quiet) process.stderr.write(`${line}\n`);
  }

  /** Writes one document of several, in the form `ndjson`. */
  protected async emit(document: unknown): Promise<void> {
    if (this.format === 'ndjson') process.stdout.write(await documentText(document, 'ndjson'));
  }

  override warn(input: string | Error): string | Error {
    this.caution({ code: 'W_USAGE', message: typeof input === 'string' ? input : input.message });
    return input;
  }

  protected override async _run<R>(): Promise<R> {
    const result = await super._run<R>();
    if (result !== undefined) await this.#print(result);
    return result;
  }

  override async catch(thrown: Error & { exitCode?: number; oclif?: { exit?: number } }): Promise<void> {
    if (thrown.oclif?.exit === 0) return;
    const error = withRecoveryHint(toRaftctlError(thrown, this.ctor, { argv: this.argv, env: process.env }));
    process.exitCode = error.exitCode;
    if (isDocument(this.format)) await this.#writeDocument(null, error);
    this.#explain(error);
    if (this.verbose) {
      const cause = error.cause instanceof Error ? error.cause : error;
      const lines = (cause.stack ?? cause.message).split('\n').map(escapeControl);
      process.stderr.write(`${lines.join('\n')}\n`);
    }
  }

  /** Whether to say on stderr what goes on inside; known before the flags are parsed. */
  protected get verbose(): boolean {
    return this.argv.includes('-v') || this.argv.includes('--verbose');
  }

  /** Whether to say nothing but the result and the errors. */
  protected get quiet(): boolean {
    return this.argv.includes('-q') || this.argv.includes('--quiet');
  }

  /** How a table is shown on this run's stdout. */
  protected get tableOptions(): TableOptions {
    return {
      headers: this.values['no-headers'] !== true,
      width: process.stdout.isTTY ? process.stdout.columns : undefined,
    };
  }

  get #self(): typeof BaseCommand {
    return this.ctor as typeof BaseCommand;
  }

  async #loadStyles(choice: 'auto' | 'always' | 'never'): Promise<void> {
    this.style = await loadStyle(wantsColor(choice, process.stdout.isTTY === true, process.env));
    this.#errorStyle = await loadStyle(wantsColor(choice, process.stderr.isTTY === true, process.env));
  }

  async #print(data: unknown): Promise<void> {
    const failure = this.#failure;
    if (failure !== undefined) process.exitCode = failure.exitCode;
    if (isDocument(this.format)) {
      await this.#writeDocument(data, failure);
    } else {
      const named = this.format === 'name' || this.format === 'quiet';
      const text = named ? this.#namesText(data) : await this.text(data);
      if (text !== '') process.stdout.write(`${text}\n`);
    }
    if (failure !== undefined && !this.#told) this.#explain(failure);
  }

  #namesText(data: unknown): string {
    const names = this.names(data).map(escapeControl);
    if (this.format === 'name') return names.join('\n');
    return names.map((name) => name.slice(name.indexOf('/') + 1)).join('\n');
  }

  async #writeDocument(data: unknown, error: RaftctlError | undefined): Promise<void> {
    if (!isDocument(this.format)) return;
    const { source, cluster } = this;
    const outcome: Outcome = {
      kind: this.kind ?? this.#self.kind,
      data,
      error,
      source,
      cluster,
      warnings: this.#warnings,
    };
    process.stdout.write(await documentText(toEnvelope(outcome, new Date()), this.format));
  }

  /** For people the whole of the error; beside a document the sentence alone, because the document has the rest. */
  #explain(error: RaftctlError): void {
    const whole = errorText(error, this.#errorStyle, this.#self.mutating);
    process.stderr.write(`${isDocument(this.format) ? (whole.split('\n')[0] ?? '') : whole}\n`);
  }
}
