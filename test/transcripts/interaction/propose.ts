import { ConfChangeTransition } from '../../../src/gen/raft/v1/raft.js';
import { parseConfChange } from '../../../src/raft/conf-change.js';
import type { Directive } from '../datadriven.js';
import { booleanOf, firstNumber, namedArguments } from './arguments.js';
import type { Environment } from './environment.js';
import { StepError } from './output.js';

const NO_CONTEXT = new Uint8Array();

/** `propose 1 foo`: proposes data. */
export function propose(environment: Environment, directive: Directive): void {
  const [, data, ...more] = directive.args;
  if (data === undefined || data.values.length > 0 || more.length > 0)
    throw new StepError('expected exactly one key with no vals');
  environment.nodeOf(firstNumber(directive)).node.propose(NO_CONTEXT, new TextEncoder().encode(data.key));
}

/** `propose-conf-change 1 transition=explicit` and, as input, `v1 l2 r3 u4`; without input it leaves the joint configuration. */
export function proposeConfChange(environment: Environment, directive: Directive): void {
  let version1 = false;
  let transition = ConfChangeTransition.AUTO;
  for (const { key, values } of namedArguments(directive)) {
    for (const value of values) {
      if (key === 'v1') version1 = booleanOf(value);
      else if (key === 'transition') transition = transitionNamed(value);
      else throw new StepError(`unknown command ${key}`);
    }
  }
  const changes = parseConfChange(directive.input);
  const { node } = environment.nodeOf(firstNumber(directive));
  if (!version1) {
    node.proposeConfChange(NO_CONTEXT, { transition, changes, context: NO_CONTEXT });
    return;
  }
  const [only, ...more] = changes;
  if (only === undefined || more.length > 0 || transition !== ConfChangeTransition.AUTO) {
    throw new StepError('v1 conf change can only have one operation and no transition');
  }
  node.proposeConfChange(NO_CONTEXT, { id: 0, context: NO_CONTEXT, ...only });
}

function transitionNamed(name: string): ConfChangeTransition {
  switch (name) {
    case 'auto':
      return ConfChangeTransition.AUTO;
    case 'implicit':
      return ConfChangeTransition.IMPLICIT;
    case 'explicit':
      return ConfChangeTransition.EXPLICIT;
    case 'rollback':
      return ConfChangeTransition.ROLLBACK;
    default:
      throw new StepError(`unknown transition ${name}`);
  }
}
