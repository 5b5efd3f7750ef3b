import type { Directive } from '../datadriven.js';
import { idsOf, valuesOf } from './arguments.js';
import { deliverAllTo, hasMessagesFor } from './deliver-messages.js';
import type { Environment } from './environment.js';
import { processReadyOf } from './process-ready.js';

/** `stabilize 1 2 log-level=none`: lets these nodes, or all, work and receive until none of them has anything left to do. */
export function stabilize(environment: Environment, directive: Directive): void {
  const { nodes, output } = environment;
  const named = idsOf(directive);
  const ids = named.length > 0 ? named : nodes.map(({ id }) => id);
  const levelBefore = output.level;
  try {
    for (const level of valuesOf(directive, 'log-level')) output.setLevel(level);
    while (stabilizeOnce(environment, ids));
  } finally {
    output.setLevel(levelBefore);
  }
}

/** One round: first every node's Ready, then every node's messages. @returns whether there was anything to do */
function stabilizeOnce(environment: Environment, ids: readonly number[]): boolean {
  const { output } = environment;
  let worked = false;
  for (const id of ids) {
    if (!environment.nodeOf(id).node.hasReady()) continue;
    output.write(`> ${id} handling Ready\n`);
    output.indented(() => processReadyOf(environment, id));
    worked = true;
  }
  for (const id of ids) {
    if (!hasMessagesFor(environment, id)) continue;
    output.write(`> ${id} receiving messages\n`);
    output.indented(() => deliverAllTo(environment, id));
    worked = true;
  }
  return worked;
}
