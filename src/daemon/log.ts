import { type DestinationStream, destination, pino, stdTimeFunctions } from 'pino';
import type { LogFields, Logger } from '../base/logger.js';
import { type LogLevel, logLevels } from './daemon-options.js';

/** How the log is written. */
export interface LogOptions {
  readonly level: LogLevel;
  readonly format: 'human' | 'json';
  /** Fields of every line. */
  readonly base: LogFields;
}

/** The log of a node process: one line a fact, on stderr unless told otherwise. stdout is for results. */
export function makeLogger(options: LogOptions, out: DestinationStream = destination({ fd: 2, sync: true })): Logger {
  return options.format === 'json' ? jsonLogger(options, out) : humanLogger(options, out);
}

function jsonLogger({ level, base }: LogOptions, out: DestinationStream): Logger {
  const writer = pino(
    { level, base, timestamp: stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } },
    out,
  );
  return {
    debug: (message, fields) => writer.debug(fields ?? {}, message),
    info: (message, fields) => writer.info(fields ?? {}, message),
    warn: (message, fields) => writer.warn(fields ?? {}, message),
    error: (message, fields) => writer.error(fields ?? {}, message),
  };
}

function humanLogger({ level, base }: LogOptions, out: DestinationStream): Logger {
  const write = (lineLevel: LogLevel) => {
    if (logLevels.indexOf(lineLevel) < logLevels.indexOf(level)) return () => {};
    const label = lineLevel.toUpperCase().padEnd(5);
    return (message: string, fields: LogFields = {}) => {
      const facts = Object.entries({ ...base, ...fields }).flatMap(([name, value]) =>
        value === undefined ? [] : [` ${name}=${plainValue(value)}`],
      );
      out.write(`${new Date().toISOString()} ${label} ${quoteControl(message)}${facts.join('')}\n`);
    };
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/** A value in one word where it is one; otherwise as JSON, so that nothing from outside can break or forge a line. */
function plainValue(value: unknown): string {
  if (typeof value === 'string' && /^[\w./:@+-]+$/.test(value)) return value;
  return quoteControl(JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? '');
}

function quoteControl(text: string): string {
  return text.replace(/\p{C}/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}
