/**
 * Which room may import what: the one place where this is written down. `CONTRIBUTING.md` draws the picture; the tidy test reads every
 * import and holds it against this table.
 */

/** How a room may use another one. `types`: `import type` only, so that nothing of it is loaded. `dynamic`: `await import()` only. */
export type ImportForm = 'any' | 'types' | 'dynamic';

/** What stands at one place of the tree, and what it may reach from there. */
export interface Room {
  /** Folder, or a single file, from the root of the checkout. The longest that fits a file is its room. */
  readonly path: string;
  /** Other rooms by their path. A room may always import itself. */
  readonly rooms: Readonly<Record<string, ImportForm>>;
  /** Packages of package.json and built-in modules; `node:*` stands for all built-in ones, `*` for everything. */
  readonly packages: readonly string[];
  /** Names of the global scope that the room must do without: what they give comes in through a door. */
  readonly forbiddenGlobals: readonly string[];
  /** Whether the room must do without `async` and `await`. */
  readonly synchronous?: true;
}

const any = 'any';
const types = 'types';

const timers = ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'];
const outside = ['process', 'console', 'fetch', 'globalThis'];
const timeAndChance = ['Date', 'performance', 'Math.random', 'crypto', ...timers];

export const rooms: readonly Room[] = [
  { path: 'src/base', rooms: {}, packages: [], forbiddenGlobals: [...timeAndChance, ...outside] },
  {
    path: 'src/gen',
    rooms: {},
    packages: ['@bufbuild/protobuf', '@grpc/grpc-js'],
    forbiddenGlobals: [],
  },
  {
    path: 'src/raft',
    rooms: { 'src/base': any, 'src/gen': any },
    packages: ['@bufbuild/protobuf'],
    forbiddenGlobals: [...timeAndChance, ...outside, 'Buffer', 'Promise'],
    synchronous: true,
  },
  {
    path: 'src/membership',
    rooms: { 'src/base': any, 'src/gen': any, 'src/raft': types },
    packages: [],
    forbiddenGlobals: [...timeAndChance, ...outside, 'Buffer', 'Promise'],
    synchronous: true,
  },
  {
    path: 'src/node',
    rooms: { 'src/base': any, 'src/gen': any, 'src/raft': any, 'src/membership': any },
    packages: ['@bufbuild/protobuf', 'node:crypto'],
    forbiddenGlobals: ['Date', 'performance', 'Math.random', 'crypto', 'setTimeout', 'setInterval', ...outside],
  },
  {
    path: 'src/recovery',
    rooms: { 'src/base': any, 'src/gen': any, 'src/raft': any },
    // For checksums alone: no input, no output, no chance.
    packages: ['node:crypto'],
    forbiddenGlobals: [...timeAndChance, ...outside, 'Buffer', 'Promise'],
    synchronous: true,
  },
  // Makes certificates and tokens, and writes no file: that is for the commands.
  {
    path: 'src/credentials',
    rooms: { 'src/base': any },
    packages: ['node:crypto', 'node:net'],
    forbiddenGlobals: ['performance', 'Math.random', ...timers, ...outside, 'Promise'],
    synchronous: true,
  },
  {
    path: 'src/storage',
    rooms: { 'src/base': any, 'src/gen': any, 'src/raft': any, 'src/node': types },
    packages: ['lmdb', '@bufbuild/protobuf', 'node:*'],
    forbiddenGlobals: ['console'],
  },
  {
    path: 'src/transport',
    rooms: { 'src/base': any, 'src/gen': any, 'src/node': types },
    packages: ['@grpc/grpc-js', '@bufbuild/protobuf', 'node:*'],
    forbiddenGlobals: ['console'],
  },
  {
    path: 'src/state-machine',
    rooms: { 'src/base': any, 'src/gen': any, 'src/node': types },
    packages: ['@bufbuild/protobuf'],
    forbiddenGlobals: [...timeAndChance, ...outside, 'Promise'],
    synchronous: true,
  },
  {
    path: 'src/control',
    rooms: { 'src/base': any, 'src/credentials': any, 'src/gen': any, 'src/node': any, 'src/membership': any },
    packages: [
      '@grpc/grpc-js',
      '@grpc/reflection',
      '@grpc/proto-loader',
      'grpc-health-check',
      '@bufbuild/protobuf',
      'node:*',
    ],
    forbiddenGlobals: ['console'],
  },
  {
    path: 'src/daemon',
    rooms: {
      'src/base': any,
      'src/gen': any,
      'src/raft': any,
      'src/membership': any,
      'src/recovery': any,
      'src/node': any,
      'src/storage': any,
      'src/transport': any,
      'src/state-machine': any,
      'src/credentials': any,
      'src/control': any,
    },
    packages: ['@grpc/grpc-js', 'pino', 'prom-client', 'yaml', 'node:*'],
    forbiddenGlobals: ['console'],
  },
  // A second composition root: a node as it is, with another network and without a control plane.
  {
    path: 'src/maelstrom',
    rooms: {
      'src/base': any,
      'src/gen': any,
      'src/node': any,
      'src/storage': any,
      'src/transport': any,
      'src/state-machine': any,
      'src/daemon': any,
    },
    packages: ['node:*'],
    forbiddenGlobals: ['console'],
  },
  {
    path: 'src/client',
    rooms: { 'src/base': any, 'src/gen': any },
    packages: ['@grpc/grpc-js', '@bufbuild/protobuf', 'node:*'],
    forbiddenGlobals: ['console'],
  },
  {
    path: 'src/cli',
    rooms: { 'src/base': any, 'src/client': any, 'src/membership': any, 'src/recovery': any, 'src/credentials': any },
    packages: ['@oclif/core', 'chalk', 'cli-table3', 'yaml', 'node:*'],
    forbiddenGlobals: ['console'],
  },
  {
    path: 'commands',
    rooms: { 'src/cli': any, 'src/client': any },
    packages: ['@oclif/core'],
    forbiddenGlobals: ['console'],
  },
  {
    path: 'commands/node/start.ts',
    rooms: { 'src/cli': any, 'src/client': any, 'src/daemon': 'dynamic' },
    packages: ['@oclif/core'],
    forbiddenGlobals: ['console'],
  },
  // On the files of nodes that do not run: LMDB comes with them, and only when they are run.
  {
    path: 'commands/recover',
    rooms: { 'src/cli': any, 'src/client': any, 'src/recovery': any, 'src/daemon': 'dynamic' },
    packages: ['@oclif/core'],
    forbiddenGlobals: ['console'],
  },
  {
    path: 'commands/offline',
    rooms: { 'src/cli': any, 'src/client': any, 'src/daemon': 'dynamic' },
    packages: ['@oclif/core'],
    forbiddenGlobals: ['console'],
  },
  {
    path: 'commands/node/reset.ts',
    rooms: { 'src/cli': any, 'src/client': any, 'src/daemon': 'dynamic' },
    packages: ['@oclif/core'],
    forbiddenGlobals: ['console'],
  },
  {
    path: 'commands/snapshot',
    rooms: { 'src/cli': any, 'src/client': any, 'src/daemon': 'dynamic' },
    packages: ['@oclif/core'],
    forbiddenGlobals: ['console'],
  },
  {
    path: 'commands/snapshot/restore',
    rooms: { 'src/cli': any, 'src/client': any, 'src/recovery': any, 'src/daemon': 'dynamic' },
    packages: ['@oclif/core'],
    forbiddenGlobals: ['console'],
  },
  { path: 'bin', rooms: { 'src/maelstrom': any }, packages: ['@oclif/core'], forbiddenGlobals: ['console'] },
  { path: 'bench', rooms: everything(), packages: ['*'], forbiddenGlobals: ['console'] },
  { path: 'test', rooms: everything(), packages: ['*'], forbiddenGlobals: ['console'] },
  // What a user of the library would write: it comes in by the package's own name.
  { path: 'docs/examples', rooms: {}, packages: ['raftctl'], forbiddenGlobals: [...timeAndChance, ...outside] },
];

/** Tests and measurements stand outside the house and may look into every room. */
function everything(): Record<string, ImportForm> {
  const names = [
    'base',
    'gen',
    'raft',
    'membership',
    'recovery',
    'credentials',
    'node',
    'storage',
    'transport',
    'state-machine',
    'control',
    'daemon',
    'maelstrom',
  ];
  const inside = [...names, 'client', 'cli'].map((name) => `src/${name}`);
  return Object.fromEntries(
    [
      ...inside,
      'commands',
      'commands/node/reset.ts',
      'commands/offline',
      'commands/recover',
      'commands/snapshot',
      'commands/snapshot/restore',
      'bin',
      'bench',
      'test',
      'docs/examples',
    ].map((path) => [path, any]),
  );
}

/** The room in which a file stands: the one with the longest path that fits. */
export function roomOf(file: string): Room | undefined {
  return rooms
    .filter((room) => file === room.path || file.startsWith(`${room.path}/`))
    .reduce<Room | undefined>((best, room) => (best && best.path.length > room.path.length ? best : room), undefined);
}
