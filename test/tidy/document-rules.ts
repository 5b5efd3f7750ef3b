/** What the documents must say. Each rule takes the texts, so that a violation can be planted in them. */

/** What a section of `docs/errors.md` says of its code. */
interface DocumentedCode {
  readonly code: string;
  /** From the line `Exit code: N`. */
  readonly exit: number | undefined;
}

function documentedCodes(text: string): DocumentedCode[] {
  const sections = text.split(/^### /m).slice(1);
  return sections
    .map((section) => ({ code: /^E_[A-Z_]+/.exec(section)?.[0] ?? '', exit: /Exit code: (\d+)/.exec(section)?.[1] }))
    .filter(({ code }) => code !== '')
    .map(({ code, exit }) => ({ code, exit: exit === undefined ? undefined : Number(exit) }));
}

/** Holds `docs/errors.md` against the table of codes: each has one section, with its exit code, and no other has one. */
export function errorDocumentation(text: string, table: Readonly<Record<string, { readonly exit: number }>>): string[] {
  const documented = documentedCodes(text);
  const violations: string[] = [];
  for (const [code, { exit }] of Object.entries(table)) {
    const sections = documented.filter((section) => section.code === code);
    if (sections.length !== 1) violations.push(`${code} is documented ${sections.length} times`);
    else if (sections[0]?.exit !== exit) violations.push(`${code} is documented with another exit code than ${exit}`);
  }
  const named = new Set(text.match(/\bE_[A-Z_]+\b/g) ?? []);
  for (const code of named) if (!(code in table)) violations.push(`${code} is documented and does not exist`);
  return violations;
}

/** `commands/member/change.ts` is `member-change`; an `index.ts` is its folder. */
export function manPageOf(commandFile: string): string {
  const path = commandFile.replace(/^commands\//, '').replace(/(\/index)?\.ts$/, '');
  return `raftctl-${path.replaceAll('/', '-')}.1`;
}

/** Holds the man pages against the command files: one for each, one for the program, and no other. */
export function manPages(commandFiles: readonly string[], pages: readonly string[]): string[] {
  const wanted = new Set(['raftctl.1', ...commandFiles.map(manPageOf)]);
  const missing = [...wanted].filter((page) => !pages.includes(page)).map((page) => `${page} is missing`);
  return [...missing, ...pages.filter((page) => !wanted.has(page)).map((page) => `${page} belongs to no command`)];
}

/** What follows the program's name where a sentence speaks of it. */
const prose = new Set(['help', 'is', 'of', 'read', 'runs']);

/** Commands that a text tells people to type and that do not exist. */
export function unknownCommands(text: string, commandFiles: readonly string[]): string[] {
  const commands = new Set(commandFiles.map((file) => manPageOf(file).replace(/^raftctl-|\.1$/g, '')));
  const topics = new Set(commandFiles.map((file) => file.split('/')[1] ?? ''));
  const mentions = text.matchAll(/\braftctl ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?/g);
  return [...mentions]
    .filter(([, first = '', second]) => {
      const alone = commands.has(first) || prose.has(first) || (topics.has(first) && second === undefined);
      const group = [...commands].some((command) => command.startsWith(`${first}-${second}-`));
      return !alone && !group && !commands.has(`${first}-${second}`);
    })
    .map(([mention]) => `there is no command ${mention}`);
}

/** Flags that a text names and no man page does: what a hint tells somebody to type must be there. `pages` is the text of all man pages. */
export function unknownFlags(text: string, pages: string): string[] {
  const flag = /(?<![\w(-])--[a-z][a-z-]*[a-z]/g;
  const known = new Set(['--help', ...(pages.replaceAll(/\\(?:f[A-Z])?/g, '').match(flag) ?? [])]);
  return [...new Set(text.match(flag))].filter((name) => !known.has(name)).map((name) => `there is no flag ${name}`);
}

/** Links to files of the checkout that are not there. `from` is the folder of the document. */
export function deadLinks(text: string, exists: (path: string) => boolean): string[] {
  const links = [...text.matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)].map((match) => match[1] ?? '');
  return links.filter((link) => !/^[a-z]+:/.test(link) && !exists(link)).map((link) => `link to ${link} leads nowhere`);
}
