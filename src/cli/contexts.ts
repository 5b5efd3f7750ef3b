import { existsSync, type Stats } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { messageOf, RaftctlError } from '../base/errors.js';
import { normalizeAddress } from '../client/address.js';
import { fieldsOf, type Place, type Refuse, readYaml, textOf } from './yaml-file.js';

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

/** Where configuration is looked for, the closest first. @param cwd undefined where the folder is gone */
export function configFiles(env: NodeJS.ProcessEnv, cwd: string | undefined): string[] {
  const own =
    env['RAFTCTL_CONFIG'] ?? join(env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'raftctl', 'config.yaml');
  return [...(cwd === undefined ? [] : [join(cwd, '.raftctl.yaml')]), own, '/etc/raftctl/config.yaml'];
}

/**
 * The context that is asked for by name, or else the current one of the closest file that names one; undefined where there is none.
 * @throws RaftctlError E_USAGE for a name that no file knows, or a file that cannot be understood or is not to be believed
 */
export async function findContext(name: string | undefined, files: readonly string[]): Promise<Context | undefined> {
  const known: string[] = [];
  for (const file of files) {
    if (!existsSync(file)) continue;
    const { contexts, currentContext } = await readConfig(file);
    const wanted = name ?? currentContext;
    known.push(...contexts.keys());
    const context = wanted === undefined ? undefined : contexts.get(wanted);
    if (context !== undefined) return context;
  }
  if (name === undefined) return undefined;
  throw new RaftctlError('E_USAGE', `there is no context "${name}"`, {
    facts: known.length === 0 ? files.map((file) => `looked in ${file}`) : [`known: ${known.join(', ')}`],
  });
}

/**
 * Whoever can write the file decides which cluster a command goes to, and whether it is secured; and the closest file is that of whatever
 * folder one happens to be in.
 * @param uid of who runs the command; undefined where the system knows no such thing
 * @throws RaftctlError E_USAGE
 */
export function refuseOthersFile(
  path: string,
  stats: Pick<Stats, 'uid' | 'mode'>,
  uid: number | undefined = process.getuid?.(),
): void {
  if (uid !== undefined && stats.uid !== uid && stats.uid !== 0) {
    throw new RaftctlError('E_USAGE', `${path} belongs to another user, and is not believed`, {
      hint: 'where it is right, take it over: chown; where it is not, name the cluster with --endpoints',
    });
  }
  if ((stats.mode & 0o002) !== 0) {
    throw new RaftctlError('E_USAGE', `${path} can be written by everybody`, { hint: `chmod o-w ${path}` });
  }
}

interface ConfigFile {
  readonly currentContext: string | undefined;
  readonly contexts: ReadonlyMap<string, Context>;
}

async function readConfig(path: string): Promise<ConfigFile> {
  const { value, refuse } = await readYaml(path, undefined, (stats) => refuseOthersFile(path, stats));
  const top = fieldsOf(value ?? {}, ['apiVersion', 'kind', 'currentContext', 'contexts'], [], refuse);
  const version = textOf(top['apiVersion'], ['apiVersion'], refuse);
  if (version !== undefined && version !== 'raftctl/v1') {
    refuse(['apiVersion'], `there is no version ${version} of this file; there is raftctl/v1`);
  }
  const named = top['contexts'] ?? {};
  if (!isMapping(named)) return refuse(['contexts'], 'contexts must be a mapping of names');
  const contexts = Object.entries(named).map(
    ([name, context]) => [name, toContext(name, context, path, refuse)] as const,
  );
  return { currentContext: textOf(top['currentContext'], ['currentContext'], refuse), contexts: new Map(contexts) };
}

function toContext(name: string, value: unknown, file: string, refuse: Refuse): Context {
  const place = ['contexts', name];
  const context = fieldsOf(value, ['endpoints', 'clusterId', 'tls', 'auth', 'protected'], place, refuse);
  const auth = fieldsOf(context['auth'] ?? {}, ['tokenFile'], [...place, 'auth'], refuse);
  const tokenFile = textOf(auth['tokenFile'], [...place, 'auth', 'tokenFile'], refuse);
  const isProtected = context['protected'] ?? false;
  if (typeof isProtected !== 'boolean') return refuse([...place, 'protected'], 'protected must be true or false');
  return {
    name,
    endpoints: endpointsOf(context['endpoints'] ?? [], [...place, 'endpoints'], refuse),
    clusterId: textOf(context['clusterId'], [...place, 'clusterId'], refuse),
    tls: toTls(context['tls'] ?? {}, file, [...place, 'tls'], refuse),
    tokenFile: tokenFile === undefined ? undefined : expandHome(tokenFile, file),
    protected: isProtected,
  };
}

function endpointsOf(value: unknown, place: Place, refuse: Refuse): readonly string[] {
  if (!Array.isArray(value)) return refuse(place, 'endpoints must be a list of addresses');
  return value.map((endpoint, at) => {
    if (typeof endpoint !== 'string') return refuse([...place, at], 'an endpoint must be a text: HOST:PORT');
    try {
      return normalizeAddress(endpoint);
    } catch (thrown) {
      return refuse([...place, at], messageOf(thrown));
    }
  });
}

function toTls(value: unknown, file: string, place: Place, refuse: Refuse): ContextTls {
  const tls = fieldsOf(value, ['mode', 'ca', 'cert', 'key', 'serverName'], place, refuse);
  const mode = textOf(tls['mode'], [...place, 'mode'], refuse) ?? 'auto';
  if (mode !== 'auto' && mode !== 'required' && mode !== 'off') {
    return refuse([...place, 'mode'], 'mode must be auto, required or off');
  }
  const path = (key: string) => {
    const text = textOf(tls[key], [...place, key], refuse);
    return text === undefined ? {} : { [key]: expandHome(text, file) };
  };
  const serverName = textOf(tls['serverName'], [...place, 'serverName'], refuse);
  return { mode, ...path('ca'), ...path('cert'), ...path('key'), ...(serverName === undefined ? {} : { serverName }) };
}

/** `~/` is the home directory; other relative paths are from the file that names them. */
function expandHome(path: string, file: string): string {
  if (path.startsWith('~/')) return join(homedir(), path.slice(2));
  return isAbsolute(path) ? path : join(file, '..', path);
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
