import ts from 'typescript';
import { type Room, roomOf } from './import-table.js';
import { isHandWritten, type SourceTree } from './source-tree.js';

/** What the code of a file must not say. Each rule returns one line a violation, `file:line what`. */

/** Names of the global scope that the file's room must do without, and `async` where the room is synchronous. */
export function forbiddenGlobals(tree: SourceTree): string[] {
  return eachFile(tree, (source, report) => {
    const room = roomOf(source.fileName);
    if (room === undefined) return;
    const declared = declaredNames(source);
    walk(source, (node) => {
      const name = globalName(node);
      if (name !== undefined && !declared.has(name) && room.forbiddenGlobals.includes(name))
        report(node, `${room.path} must do without ${name}`);
      if (room.synchronous && isAsynchronous(node)) report(node, `${room.path} must do without async and await`);
    });
  });
}

function isAsynchronous(node: ts.Node): boolean {
  return node.kind === ts.SyntaxKind.AsyncKeyword || ts.isAwaitExpression(node);
}

/** The name that a node takes from the outside: an identifier that is read, or `Math.random`. */
function globalName(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node) && node.getText() === 'Math.random') return 'Math.random';
  if (!ts.isIdentifier(node)) return undefined;
  const { parent } = node;
  const isMember =
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    (ts.isQualifiedName(parent) && parent.right === node) ||
    ((ts.isPropertyAssignment(parent) ||
      ts.isPropertySignature(parent) ||
      ts.isPropertyDeclaration(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isMethodSignature(parent)) &&
      parent.name === node);
  return isMember ? undefined : node.text;
}

/** Names that the file itself gives a meaning: these are not the global ones. */
function declaredNames(source: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  walk(source, (node) => {
    const declares =
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isClassDeclaration(node) ||
      ts.isBindingElement(node) ||
      ts.isImportSpecifier(node);
    if (declares && node.name && ts.isIdentifier(node.name)) names.add(node.name.text);
  });
  return names;
}

/** Ways around the type system. */
export function typeEscapes(tree: SourceTree): string[] {
  return eachFile(tree, (source, report) => {
    walk(source, (node) => {
      if (node.kind === ts.SyntaxKind.AnyKeyword) report(node, '`any`');
      if (
        ts.isAsExpression(node) &&
        ts.isAsExpression(node.expression) &&
        node.expression.type.kind === ts.SyntaxKind.UnknownKeyword
      )
        report(node, '`as unknown as`');
    });
    const directive = /@ts-(ignore|nocheck)/g;
    for (const match of source.text.matchAll(directive)) report(match.index, `\`${match[0]}\``);
  });
}

const unfinished = new RegExp(`\\b(${['TO', 'FIX'].map((start, at) => start + ['DO', 'ME'][at]).join('|')})\\b`, 'g');

/** Marks of work that somebody meant to come back to. */
export function unfinishedWork(tree: SourceTree): string[] {
  return eachFile(tree, (source, report) => {
    for (const match of source.text.matchAll(unfinished)) report(match.index, `unfinished: ${match[0]}`);
  });
}

/** Lines that a function may have. */
export const functionLinesMax = 70;

/** Functions that are too long. What is given to `describe` is a heading over tests, not a function to read. */
export function longFunctions(tree: SourceTree): string[] {
  return eachFile(tree, (source, report) => {
    walk(source, (node) => {
      if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined || isSuite(node)) return;
      const lines = lineOf(source, node.getEnd()) - lineOf(source, node.getStart(source)) + 1;
      if (lines > functionLinesMax) report(node, `function of ${lines} lines; ${functionLinesMax} at most`);
    });
  });
}

function isSuite(node: ts.Node): boolean {
  return ts.isCallExpression(node.parent) && /^describe\b/.test(node.parent.expression.getText());
}

/** Every room's front page: `index.ts` opens with what the room is, and lists its exports by hand. */
export function frontPages(tree: SourceTree, rooms: readonly Room[]): string[] {
  const violations: string[] = [];
  for (const { path } of rooms) {
    if (!path.startsWith('src/') || !isHandWritten(`${path}/`)) continue;
    const text = tree.get(`${path}/index.ts`);
    if (text === undefined) violations.push(`${path} has no index.ts`);
    else if (!text.trimStart().startsWith('/**'))
      violations.push(`${path}/index.ts does not open with what the room is`);
    else if (/^export \*/m.test(text)) violations.push(`${path}/index.ts does not list its exports by hand`);
  }
  return violations;
}

type Report = (node: ts.Node | number, what: string) => void;

function eachFile(tree: SourceTree, look: (source: ts.SourceFile, report: Report) => void): string[] {
  const violations: string[] = [];
  for (const [file, text] of tree) {
    if (!isHandWritten(file)) continue;
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    look(source, (place, what) => {
      const position = typeof place === 'number' ? place : place.getStart(source);
      violations.push(`${file}:${lineOf(source, position)} ${what}`);
    });
  }
  return violations;
}

function lineOf(source: ts.SourceFile, position: number): number {
  return source.getLineAndCharacterOfPosition(position).line + 1;
}

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}
