import { existsSync, readdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import type { LocalCluster, LocalNode } from './local-cluster.js';

/** Where the playground keeps its data: where it is told, or below the user's state directory. */
export function playgroundDir(told: string | undefined, env: NodeJS.ProcessEnv): string {
  if (told !== undefined) return resolve(told);
  const home = homedir();
  const state = env['XDG_STATE_HOME'] ?? (home === '' || home === '/' ? tmpdir() : join(home, '.local', 'state'));
  return join(state, 'raftctl', 'playground');
}

/** Ids of the nodes to start: the first `count`, and those that an earlier run added. */
export function nodeIds(dir: string, count: number): number[] {
  const ids = new Set(Array.from({ length: count }, (_, position) => position + 1));
  for (const name of existsSync(dir) ? readdirSync(dir) : []) {
    const id = /^n([1-9][0-9]{0,2})$/.exec(name)?.[1];
    if (id !== undefined) ids.add(Number(id));
  }
  return [...ids].sort((a, b) => a - b);
}

/** The commands to try next, exactly as they can be typed in another terminal. */
export function nextCommands(program: string, cluster: LocalCluster, nodes: readonly LocalNode[]): string[] {
  const [first] = nodes;
  const join = first?.address ?? '';
  const last = nodes.at(-1)?.id ?? 0;
  const [left, right] = [cluster.describe(last + 1), cluster.describe(last + 2)];
  const start = (node: LocalNode) =>
    `${program} node start --id ${node.id} --data-dir ${quoted(node.dataDir)} --listen ${node.address} --join ${join} >${quoted(node.logFile)} 2>&1 &`;
  const kept = nodes.filter(({ id }) => id !== 2).map(({ id }) => id);
  return [
    `export RAFTCTL_ENDPOINTS=${nodes.map(({ address }) => address).join(',')}`,
    `${program} kv put answer 42`,
    `${program} kv get answer`,
    `${program} leader transfer 3`,
    `${program} snapshot trigger --all`,
    '# two more nodes, each a process; then one change of two phases puts them in as learners and takes node 2 out',
    start(left),
    start(right),
    `${program} member change --voters ${kept.join(',')} --learners ${left.id},${right.id} --dry-run`,
    `${program} member change --voters ${kept.join(',')} --learners ${left.id},${right.id}`,
    `${program} status`,
  ];
}

/** How this program is called from the folder the user is in. */
export function programName(scriptPath: string, cwd: string): string {
  return basename(scriptPath) === 'raftctl' ? 'raftctl' : `node ${quoted(relative(cwd, scriptPath))}`;
}

/** An argument as a shell reads it back. */
export function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
