// biome-ignore lint/suspicious/noControlCharactersInRegex: the colour around a word takes no room
const ansiPattern = /\u001b\[[0-9;]*m/g;

/** Characters of a line that are seen. */
export function visibleLength(text: string): number {
  return text.replace(ansiPattern, '').length;
}

/**
 * Parts of one line beside each other, and below each other, each line with `indent` in front, where they do not fit.
 * @param width characters of a line; undefined where there is no limit
 */
export function fitParts(parts: readonly string[], width: number | undefined, gap: string, indent: string): string {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const together = last === undefined ? part : `${last}${gap}${part}`;
    if (last === undefined) lines.push(part);
    else if (visibleLength(together) <= (width ?? Number.POSITIVE_INFINITY)) lines[lines.length - 1] = together;
    else lines.push(`${indent}${part}`);
  }
  return lines.join('\n');
}

/** A sentence over as many lines as it needs, all but the first with `indent` in front. */
export function fitSentence(text: string, width: number | undefined, indent: string): string {
  return width === undefined ? text : fitParts(text.split(' '), width, ' ', indent);
}
