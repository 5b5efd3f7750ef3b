import { type OutputFormat, outputFormats } from './flags.js';
import { stringifyWithRaw } from './raw-json.js';

/**
 * Form of the result as the raw arguments and the environment ask for it: for when the arguments cannot be parsed, because the failure must be
 * written in that form too.
 */
export function outputFormatOf(argv: readonly string[], env: NodeJS.ProcessEnv): OutputFormat {
  const end = argv.indexOf('--');
  const args = end === -1 ? argv : argv.slice(0, end);
  if (args.includes('--json')) return 'json';
  for (const [place, arg] of args.entries()) {
    const value =
      arg === '-o' || arg === '--output' ? args[place + 1] : (/^(?:--output=|-o=?)(.+)$/.exec(arg)?.[1] ?? undefined);
    const format = outputFormats.find((name) => name === value);
    if (format !== undefined) return format;
  }
  if (env['RAFTCTL_CONTENT_TYPE']?.toLowerCase() === 'json') return 'json';
  return outputFormats.find((name) => name === env['RAFTCTL_OUTPUT']) ?? 'table';
}

/** Whether the form is one for programs: then the envelope is written, whatever happens. */
export function isDocument(format: OutputFormat): format is 'json' | 'yaml' | 'ndjson' {
  return format === 'json' || format === 'yaml' || format === 'ndjson';
}

/** Writes a document in its form, with a line end. */
export async function documentText(document: unknown, format: 'json' | 'yaml' | 'ndjson'): Promise<string> {
  if (format !== 'yaml') {
    const indent = format === 'json' ? 2 : undefined;
    return `${stringifyWithRaw(document, (whole, replacer) => JSON.stringify(whole, replacer, indent))}\n`;
  }
  const { stringify } = await import('yaml');
  // JSON is YAML too, so raw values stay as they are.
  return stringifyWithRaw(document, (whole, replacer) => stringify(whole, replacer, { aliasDuplicateObjects: false }));
}
