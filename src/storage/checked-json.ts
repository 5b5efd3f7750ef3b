import { crc32 } from 'node:zlib';
import { replaceFile } from './durable-file.js';

/** Name of the field that guards the others. */
const CHECKSUM = 'checksum';

/** Replaces a small JSON file by an object and a checksum over it; flushed when it resolves. */
export async function writeCheckedJson(path: string, value: object): Promise<void> {
  await replaceFile(path, `${JSON.stringify({ ...value, [CHECKSUM]: checksumOf(value) }, null, 2)}\n`);
}

/**
 * The object in such a file. One without a checksum was written by an earlier version, or by hand, and is taken as it is.
 * @returns undefined where it makes no sense, or is not what was written
 */
export function parseCheckedJson(text: string): Record<string, unknown> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { [CHECKSUM]: checksum, ...rest }: Record<string, unknown> = { ...value };
  return checksum === undefined || checksum === checksumOf(rest) ? rest : undefined;
}

function checksumOf(value: object): string {
  return crc32(JSON.stringify(value)).toString(16).padStart(8, '0');
}
