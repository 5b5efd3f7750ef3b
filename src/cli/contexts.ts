import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { RaftctlError } from '../base/errors.js';
import { reasonOf } from './file-reason.js';

/** A named cluster of the configuration file. */
export interface Context {
  readonly name: string;
  readonly endpoints: readonly string[];
  /** The only cluster that this context may talk to. */
  readonly clusterId: string | undefined;
  readonly tls: ContextTls;
  /** File of the token that says who the user is; undefined where there is none. */
  readonly tokenFile: string | undefined;
  /** Changes need a reason, and more of them a confirmation. */
  readonly protected: boolean;
}

/** Files and rules of a context's connections. */
export interface ContextTls {
  readonly mode: 'auto' | 'required' | 'off';
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
}

/** Where configuration is looked for, the closest first. */
export function configFiles(env: NodeJS.ProcessEnv, cwd: string): string[] {
  const own =
    env['RAFTCTL_CONFIG'] ?? join(env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'raftctl', 'config.yaml');
  return [join(cwd, '.raftctl.yaml'), own, '/etc/raftctl/config.yaml'];
}

/**
 * The context that is asked for by name, or else the current one of the closest file that names one; undefined where there is none.
 * @throws RaftctlError E_USAGE for a name that no file knows, or a file that cannot be understood
 */
export async function findContext(name: string | undefined, files: readonly string[]): Promise<Context | undefined> {
  const known: string[] = [];
  for (const file of files) {
    if (!existsSync(file)) continue;
    const config = await readConfig(file);
    const contexts = mapping(config['contexts'] ?? {}, file, 'contexts');
    const wanted = name ?? optionalText(config['currentContext'], file, 'currentContext');
    known.push(...Object.keys(contexts));
    if (wanted !== undefined && Object.hasOwn(contexts, wanted)) return readContext(wanted, contexts[wanted], file);
  }
  if (name === undefined) return undefined;
  throw new RaftctlError('E_USAGE', `there is no context "${name}"`, {
    facts: known.length === 0 ? files.map((file) => `looked in ${file}`) : [`known: ${known.join(', ')}`],
  });
}

async function readConfig(file: string): Promise<Readonly<Record<string, unknown>>> {
  const { parse } = await import('yaml');
  try {
    return mapping(parse(readFileSync(file, 'utf8')) ?? {}, file, 'the file');
  } catch (thrown) {
    if (thrown instanceof RaftctlError) throw thrown;
    throw new RaftctlError('E_USAGE', `cannot read ${file}: ${reasonOf(thrown)}`, { cause: thrown });
  }
}

function readContext(name: string, value: unknown, file: string): Context {
  const place = `contexts.${name}`;
  const context = mapping(value, file, place);
  const tls = mapping(context['tls'] ?? {}, file, `${place}.tls`);
  const auth = mapping(context['auth'] ?? {}, file, `${place}.auth`);
  const tokenFile = optionalText(auth['tokenFile'], file, `${place}.auth.tokenFile`);
  const mode = optionalText(tls['mode'], file, `${place}.tls.mode`) ?? 'auto';
  if (mode !== 'auto' && mode !== 'required' && mode !== 'off') {
    throw malformed(file, `${place}.tls.mode`, 'auto, required or off');
  }
  const endpoints = context['endpoints'] ?? [];
  if (!Array.isArray(endpoints) || !endpoints.every((endpoint) => typeof endpoint === 'string')) {
    throw malformed(file, `${place}.endpoints`, 'a list of addresses');
  }
  const path = (key: string) => {
    const text = optionalText(tls[key], file, `${place}.tls.${key}`);
    return text === undefined ? {} : { [key]: expandHome(text, file) };
  };
  const serverName = optionalText(tls['serverName'], file, `${place}.tls.serverName`);
  return {
    name,
    endpoints,
    clusterId: optionalText(context['clusterId'], file, `${place}.clusterId`),
    tls: { mode, ...path('ca'), ...path('cert'), ...path('key'), ...(serverName === undefined ? {} : { serverName }) },
    tokenFile: tokenFile === undefined ? undefined : expandHome(tokenFile, file),
    protected: context['protected'] === true,
  };
}

/** `~/` is the home directory; other relative paths are from the file that names them. */
function expandHome(path: string, file: string): string {
  if (path.startsWith('~/')) return join(homedir(), path.slice(2));
  return isAbsolute(path) ? path : join(file, '..', path);
}

function mapping(value: unknown, file: string, place: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(file, place, 'a mapping');
  return value as Readonly<Record<string, unknown>>;
}

function optionalText(value: unknown, file: string, place: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw malformed(file, place, 'a text');
  return value;
}

function malformed(file: string, place: string, expected: string): RaftctlError {
  return new RaftctlError('E_USAGE', `${file}: ${place} must be ${expected}`);
}
