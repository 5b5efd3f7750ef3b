import { fileURLToPath } from 'node:url';
import type { Mutant } from '../simulation/cluster/mutants.js';

/** Bugs that are put into the compiled modules of real nodes as they are read: the torture must find each. */
export const plantedBugs: readonly Mutant[] = [
  {
    name: 'early-promises',
    what: 'votes and entries are promised at once, and written a moment later',
    changes: [
      {
        file: 'node/driver',
        from: 'if (written === undefined)\n            this.release();',
        to: 'item.flushed = true;\n        queueMicrotask(() => this.release());\n        if (written === undefined)\n            this.release();',
      },
      {
        file: 'storage/commit-queue',
        from: 'await batch.write();',
        to: 'await new Promise((resolve) => setTimeout(resolve, 300));\n                await batch.write();',
      },
    ],
  },
  {
    name: 'unconfirmed-reads',
    what: 'a node that believes it leads answers reads without asking a quorum',
    changes: [
      {
        file: 'node/reading',
        from: 'if (consistency !== Consistency.LOCAL)\n',
        to: 'if (consistency !== Consistency.LOCAL && !this.context.isLeader)\n',
      },
    ],
  },
  {
    name: 'retries-applied',
    what: 'a change that is sent again is applied again',
    changes: [
      {
        file: 'node/sessions',
        from: 'const before = readResult(txn, client, session.sequence);',
        to: 'const before = undefined;',
      },
    ],
  },
];

/** Name of the environment variable that says which. */
export const plantedBugVariable = 'PLANTED_BUG';

/** Shell commands behind which a node has one of these. */
export function setupWithBug(name: string): string {
  // The hooks run in the nodes, without the test runner: only their compiled form will do.
  const hooks = fileURLToPath(new URL('../../dist/test/torture/plant.js', import.meta.url)).replace(
    '/dist/dist/',
    '/dist/',
  );
  return `export NODE_OPTIONS='--import=${hooks}' ${plantedBugVariable}=${name}`;
}
