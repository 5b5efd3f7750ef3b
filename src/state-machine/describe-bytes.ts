const SHOWN_MAX = 40;

/** Text in quotes, shortened, with nothing in it that a terminal would obey. */
export function quoted(text: string): string {
  return shortened(text, JSON.stringify);
}

/** A JSON text as it is, in one line, shortened; it needs no quotes, having its own. */
export function jsonLine(text: string): string {
  return shortened(text.replace(/\s*[\r\n]\s*/g, ' ').trim(), (shown) => shown);
}

function shortened(text: string, show: (shown: string) => string): string {
  const characters = [...text];
  const harmless = show(characters.slice(0, SHOWN_MAX).join('')).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return characters.length > SHOWN_MAX ? `${harmless}…` : harmless;
}

/** Bytes as text where they are text, otherwise as hex digits; shortened. */
export function describeBytes(bytes: Uint8Array): string {
  if (bytes.length === 0) return '0 bytes';
  const size = bytes.length === 1 ? '1 byte' : `${bytes.length} bytes`;
  try {
    return `${size} ${quoted(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))}`;
  } catch {
    const digits = Array.from(bytes.subarray(0, SHOWN_MAX / 2), (byte) => byte.toString(16).padStart(2, '0')).join('');
    return `${size} ${digits}${bytes.length > SHOWN_MAX / 2 ? '…' : ''}`;
  }
}
