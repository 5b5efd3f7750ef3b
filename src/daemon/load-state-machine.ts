import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf, RaftctlError } from '../base/errors.js';
import type { StateMachine } from '../node/ports.js';
import { KvMachine, RegisterMachine } from '../state-machine/index.js';

const ownMachines: ReadonlyMap<string, () => StateMachine> = new Map<string, () => StateMachine>([
  ['kv', () => new KvMachine()],
  ['register', () => new RegisterMachine()],
]);
const METHODS = ['apply', 'read', 'describe'] as const;

/**
 * A state machine by its name, `kv` or `register`, or from a module of the user's own. The module's default export is a
 * `StateMachine`, a class whose constructor needs nothing, or a function that gives one or the promise of one.
 *
 * @param nameOrPath a path is resolved against the working directory
 * @throws RaftctlError E_USAGE naming what cannot be loaded, or what is missing
 */
export async function loadStateMachine(nameOrPath: string): Promise<StateMachine> {
  const own = ownMachines.get(nameOrPath);
  if (own !== undefined) return own();
  const machine = await makeMachine(nameOrPath, await importDefault(nameOrPath));
  if (ownMachines.has(machine.name)) {
    throw refusal(nameOrPath, `it calls itself "${machine.name}", which is the name of a machine of raftctl's own`);
  }
  return machine;
}

async function importDefault(path: string): Promise<unknown> {
  let loaded: { readonly default?: unknown };
  try {
    loaded = await import(pathToFileURL(resolve(path)).href);
  } catch (cause) {
    throw refusal(path, messageOf(cause), cause);
  }
  if (loaded.default === undefined) throw refusal(path, 'it has no default export');
  return loaded.default;
}

async function makeMachine(path: string, exported: unknown): Promise<StateMachine> {
  let made = exported;
  try {
    if (typeof exported === 'function') {
      made = isClass(exported) ? Reflect.construct(exported, []) : await exported();
    }
  } catch (cause) {
    throw refusal(path, `making it failed: ${messageOf(cause)}`, cause);
  }
  assertMachine(path, made);
  return made;
}

function assertMachine(path: string, made: unknown): asserts made is StateMachine {
  if (typeof made !== 'object' || made === null) {
    throw refusal(path, `its default export gives ${made === null ? 'null' : `a ${typeof made}`}, not a state machine`);
  }
  const missing: string[] = METHODS.filter((method) => typeof Reflect.get(made, method) !== 'function').map(
    (method) => `${method}()`,
  );
  const name: unknown = Reflect.get(made, 'name');
  if (typeof name !== 'string' || name === '') missing.unshift('a name');
  if (missing.length > 0) throw refusal(path, `it has not ${missing.join(', ')}`);
}

/** Classes cannot be called and functions may not be made with `new`; only their text tells them apart. */
function isClass(made: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(made));
}

function refusal(path: string, why: string, cause?: unknown): RaftctlError {
  return new RaftctlError('E_USAGE', `cannot use ${path} as a state machine: ${why}`, {
    cause,
    hint: '--state-machine kv, register, or the path of a module whose default export is a state machine',
  });
}
