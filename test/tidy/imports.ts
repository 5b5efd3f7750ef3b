import { posix } from 'node:path';
import ts from 'typescript';
import { type ImportForm, roomOf } from './import-table.js';
import { isHandWritten, type SourceTree } from './source-tree.js';

/** How an import stands in the text: loaded with the file, erased by the compiler, or loaded when it is reached. */
type ImportKind = 'static' | 'type-only' | 'dynamic';

/** One import of a file. */
export interface FoundImport {
  readonly specifier: string;
  readonly kind: ImportKind;
  readonly line: number;
}

/** Imports, dynamic imports, exports from elsewhere, import types and `require`, in the order of the text. */
export function findImports(file: string, text: string): FoundImport[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: FoundImport[] = [];
  const add = (node: ts.Node, specifier: string, kind: ImportKind) =>
    found.push({ specifier, kind, line: source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1 });

  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier))
      add(node, node.moduleSpecifier.text, isTypeOnlyImport(node) ? 'type-only' : 'static');
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier))
      add(node, node.moduleSpecifier.text, node.isTypeOnly ? 'type-only' : 'static');
    else if (
      ts.isImportTypeNode(node) &&
      ts.isLiteralTypeNode(node.argument) &&
      ts.isStringLiteral(node.argument.literal)
    )
      add(node, node.argument.literal.text, 'type-only');
    else if (ts.isCallExpression(node) && isLoader(node.expression)) {
      const [argument] = node.arguments;
      add(node, argument && ts.isStringLiteralLike(argument) ? argument.text : '', 'dynamic');
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isTypeOnlyImport(node: ts.ImportDeclaration): boolean {
  return node.importClause?.isTypeOnly === true;
}

function isLoader(callee: ts.Expression): boolean {
  return callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require');
}

/** What an import leads to: a file of the tree, a package, or nothing that can be found. */
export type Target =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'package'; readonly name: string }
  | { readonly kind: 'nowhere' };

/** Resolves as Node does with the compiled files: `./x.js`, and `dist/x.js` where a program of `bin` says so, is `x.ts` in the tree. */
export function resolveImport(tree: SourceTree, from: string, specifier: string): Target {
  if (specifier === '' || specifier.startsWith('/')) return { kind: 'nowhere' };
  if (!specifier.startsWith('.')) return { kind: 'package', name: packageName(specifier) };
  const written = posix.join(posix.dirname(from), specifier).replace(/^dist\//, '');
  const path = [written.replace(/\.js$/, '.ts'), written].find((candidate) => tree.has(candidate));
  return path === undefined ? { kind: 'nowhere' } : { kind: 'file', path };
}

function packageName(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Imports of hand-written files that the table does not allow. */
export function importViolations(tree: SourceTree): string[] {
  const violations: string[] = [];
  for (const [file, text] of tree) {
    if (!isHandWritten(file)) continue;
    for (const found of findImports(file, text)) {
      const reason = whyForbidden(tree, file, found);
      if (reason !== undefined) violations.push(`${file}:${found.line} ${reason}`);
    }
  }
  return violations;
}

function whyForbidden(tree: SourceTree, file: string, found: FoundImport): string | undefined {
  const room = roomOf(file);
  if (room === undefined) return 'stands in no room of the import table';
  const target = resolveImport(tree, file, found.specifier);
  if (target.kind === 'nowhere') {
    // A module of the user's own is loaded by a path that is known at run time only.
    if (found.specifier === '' && (room.path === 'src/daemon' || room.packages.includes('*'))) return undefined;
    return `import of '${found.specifier}' leads nowhere`;
  }
  if (target.kind === 'package') {
    if (room.packages.some((allowed) => allowsPackage(allowed, target.name))) return undefined;
    return `${room.path} must not import the package ${target.name}`;
  }
  const other = roomOf(target.path);
  if (other === undefined) return `imports ${target.path}, which stands in no room of the import table`;
  if (other.path === room.path || room.path.startsWith(`${other.path}/`)) return undefined;
  const form = room.rooms[other.path];
  if (form !== undefined && allowsForm(form, found.kind)) return undefined;
  return `${room.path} must not import ${other.path}${form === undefined ? '' : ` otherwise than by ${spelling[form]}`}`;
}

const spelling: Record<ImportForm, string> = { any: 'import', types: '`import type`', dynamic: '`await import()`' };

function allowsForm(form: ImportForm, kind: ImportKind): boolean {
  if (form === 'any') return true;
  return form === 'types' ? kind === 'type-only' : kind !== 'static';
}

function allowsPackage(allowed: string, name: string): boolean {
  return allowed === '*' || allowed === name || (allowed === 'node:*' && name.startsWith('node:'));
}

/** Packages that are loaded with a file and with what it imports, all the way down. */
export function loadedPackages(tree: SourceTree, entry: string): Set<string> {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const waiting = [entry];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const { specifier, kind } of findImports(file, tree.get(file) ?? '')) {
      if (kind !== 'static') continue;
      const target = resolveImport(tree, file, specifier);
      if (target.kind === 'file') waiting.push(target.path);
      else if (target.kind === 'package') packages.add(target.name);
    }
  }
  return packages;
}
