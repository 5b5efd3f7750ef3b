import { isHandWritten, type SourceTree } from './source-tree.js';

/** Lines that a file may have, and those from which on it is named in the report. */
export const fileLinesMax = 400;
export const fileLinesHabit = 200;

const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/;
const drawers = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'manager', 'managers', 'misc']);

/** Names that are not kebab-case, and names that say nothing of what is inside. */
export function badNames(tree: SourceTree): string[] {
  const parts = [...tree.keys()]
    .filter(isHandWritten)
    .flatMap((file) => file.split('/').map((part) => ({ file, part })));
  return parts.flatMap(({ file, part }) => {
    if (!kebabCase.test(part)) return [`${file}: ${part} is not kebab-case`];
    const drawer = part.split(/[-.]/).find((word) => drawers.has(word));
    return drawer === undefined ? [] : [`${file}: a name with "${drawer}" says nothing of what is inside`];
  });
}

/** Hand-written files with more than `limit` lines, the longest first. */
export function filesOver(tree: SourceTree, limit: number): string[] {
  return [...tree]
    .filter(([file]) => isHandWritten(file))
    .map(([file, text]) => ({ file, lines: text.trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > limit)
    .sort((a, b) => b.lines - a.lines)
    .map(({ file, lines }) => `${file} (${lines} lines)`);
}
