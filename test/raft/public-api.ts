import { join } from 'node:path';
import ts from 'typescript';
import { checkout } from '../tidy/source-tree.js';

/** The public face of a room, as the compiler sees it. */
export interface PublicApi {
  /** Every export with its signature, sorted; what a user's program can rely on. */
  readonly text: string;
  /** Exports, and public members of exported classes, that are not documented. */
  readonly undocumented: readonly string[];
  /** Exports whose declaration says `any`. */
  readonly untyped: readonly string[];
}

/** Reads what the front pages of these rooms export. One program for all, as making it is what takes time. */
export function publicApis<Room extends string>(rooms: readonly Room[]): Record<Room, PublicApi> {
  const files = rooms.map((room) => join(checkout, 'src', room, 'index.ts'));
  return apisOf(files, rooms, compilerOptions());
}

/** The same for files of any kind, so that what must be found can be planted. */
export function apisOf<Name extends string>(
  files: readonly string[],
  names: readonly Name[],
  options: ts.CompilerOptions,
  host = ts.createCompilerHost(options),
): Record<Name, PublicApi> {
  const program = ts.createProgram([...files], options, host);
  const checker = program.getTypeChecker();
  const apis = names.map((name, at): [Name, PublicApi] => {
    const source = program.getSourceFile(files[at] ?? '');
    const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`${files[at]} exports nothing`);
    return [name, describe(checker, checker.getExportsOfModule(module))];
  });
  return Object.fromEntries(apis) as Record<Name, PublicApi>;
}

export function compilerOptions(): ts.CompilerOptions {
  const config = ts.readConfigFile(join(checkout, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, checkout);
  const { tsBuildInfoFile: _, ...rest } = options;
  return { ...rest, incremental: false, noEmit: true };
}

function describe(checker: ts.TypeChecker, exported: readonly ts.Symbol[]): PublicApi {
  const undocumented: string[] = [];
  const untyped: string[] = [];
  const lines: string[] = [];
  const byName = [...exported].sort((left, right) => (left.name < right.name ? -1 : 1));
  for (const one of byName) {
    const symbol = one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one;
    if (!isGenerated(symbol) && !isDocumented(checker, symbol)) undocumented.push(one.name);
    for (const declaration of symbol.declarations ?? []) {
      const shown = show(checker, one.name, declaration);
      if (saysAny(shown)) untyped.push(one.name);
      lines.push(shown);
      undocumented.push(...undocumentedMembers(checker, one.name, declaration));
    }
  }
  return { text: `${lines.join('\n\n')}\n`, undocumented, untyped };
}

/** The client's messages are described, field by field, in their protos; those of the core have a word of their own there. */
function isGenerated(symbol: ts.Symbol): boolean {
  return symbol.declarations?.some((one) => one.getSourceFile().fileName.includes('/src/gen/raftctl/')) ?? false;
}

function isDocumented(checker: ts.TypeChecker, symbol: ts.Symbol): boolean {
  return symbol.getDocumentationComment(checker).length > 0;
}

/** A getter without a body, a method without a body: what a declaration file says of it, without comments. */
function show(checker: ts.TypeChecker, name: string, declaration: ts.Declaration): string {
  if (ts.isClassDeclaration(declaration)) return showClass(checker, name, declaration);
  if (ts.isInterfaceDeclaration(declaration)) {
    const heritage = (declaration.heritageClauses ?? []).map((clause) => ` ${clause.getText()}`).join('');
    return `interface ${name}${parametersOf(declaration)}${heritage} {\n${membersOf(declaration.members)}}`;
  }
  if (ts.isEnumDeclaration(declaration)) return `enum ${name} {\n${membersOf(declaration.members, ',')}}`;
  if (ts.isTypeAliasDeclaration(declaration))
    return `type ${name}${parametersOf(declaration)} = ${oneLine(declaration.type.getText())}`;
  const type = checker.getTypeOfSymbol(symbolOf(checker, declaration));
  const kind = ts.isFunctionDeclaration(declaration) ? 'function' : 'const';
  return `${kind} ${name}: ${checker.typeToString(type, declaration, printing)}`;
}

const printing = ts.TypeFormatFlags.NoTruncation;

function symbolOf(checker: ts.TypeChecker, declaration: ts.Declaration): ts.Symbol {
  const named = ts.getNameOfDeclaration(declaration);
  const symbol = named === undefined ? undefined : checker.getSymbolAtLocation(named);
  if (symbol === undefined) throw new Error(`no symbol for ${declaration.getText()}`);
  return symbol;
}

function parametersOf(declaration: ts.InterfaceDeclaration | ts.TypeAliasDeclaration): string {
  const names = (declaration.typeParameters ?? []).map((parameter) => parameter.getText());
  return names.length === 0 ? '' : `<${names.join(', ')}>`;
}

function membersOf(members: ts.NodeArray<ts.Node>, end = ';'): string {
  return members.map((member) => `  ${oneLine(member.getText()).replace(/[;,]$/, '')}${end}\n`).join('');
}

function showClass(checker: ts.TypeChecker, name: string, declaration: ts.ClassDeclaration): string {
  const heritage = (declaration.heritageClauses ?? []).map((clause) => ` ${oneLine(clause.getText())}`).join('');
  const members = publicMembers(declaration).map((member) => `  ${showMember(checker, member)};\n`);
  return `class ${name}${heritage} {\n${members.join('')}}`;
}

function publicMembers(declaration: ts.ClassDeclaration): readonly ts.ClassElement[] {
  return declaration.members.filter((member) => {
    const flags = ts.getCombinedModifierFlags(member);
    const hidden = member.name !== undefined && ts.isPrivateIdentifier(member.name);
    return !hidden && (flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) === 0;
  });
}

function showMember(checker: ts.TypeChecker, member: ts.ClassElement): string {
  if (ts.isConstructorDeclaration(member)) {
    return `constructor(${member.parameters.map((parameter) => showParameter(checker, parameter)).join(', ')})`;
  }
  const words: string[] = (ts.canHaveModifiers(member) ? (ts.getModifiers(member) ?? []) : [])
    .map((modifier) => modifier.getText())
    .filter((word) => word === 'static' || word === 'readonly');
  if (ts.isGetAccessor(member)) words.push('get');
  if (ts.isSetAccessor(member)) words.push('set');
  const type = checker.getTypeOfSymbol(symbolOf(checker, member));
  return [...words, `${member.name?.getText()}: ${checker.typeToString(type, member, printing)}`].join(' ');
}

function showParameter(checker: ts.TypeChecker, parameter: ts.ParameterDeclaration): string {
  const words = (ts.getModifiers(parameter) ?? []).map((modifier) => modifier.getText());
  const optional = parameter.initializer !== undefined || parameter.questionToken !== undefined ? '?' : '';
  const type = checker.typeToString(checker.getTypeAtLocation(parameter), parameter, printing);
  return [...words, `${parameter.name.getText()}${optional}: ${type}`].join(' ');
}

/** Code in one line, without its comments. */
function oneLine(code: string): string {
  return code
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\/\/.*$/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
}

function saysAny(shown: string): boolean {
  return /\bany\b/.test(shown.replace(/(['"]).*?\1/g, ''));
}

/** What an implemented interface promises is described there. */
function implementedMembers(checker: ts.TypeChecker, declaration: ts.ClassDeclaration): Set<string> {
  const clauses = declaration.heritageClauses ?? [];
  const types = clauses.filter(({ token }) => token === ts.SyntaxKind.ImplementsKeyword).flatMap(({ types }) => types);
  return new Set(
    types.flatMap((type) =>
      checker
        .getTypeAtLocation(type)
        .getProperties()
        .map(({ name }) => name),
    ),
  );
}

/** Public methods of a class that nobody has described. Fields and getters are often said by their name and type. */
function undocumentedMembers(checker: ts.TypeChecker, name: string, declaration: ts.Declaration): string[] {
  if (!ts.isClassDeclaration(declaration)) return [];
  const promised = implementedMembers(checker, declaration);
  return publicMembers(declaration)
    .filter((member) => ts.isMethodDeclaration(member))
    .filter((member) => !promised.has(member.name?.getText() ?? ''))
    .filter((member) => !isDocumented(checker, symbolOf(checker, member)))
    .map((member) => `${name}.${member.name?.getText()}`);
}
