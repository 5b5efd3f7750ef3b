import type { Directive } from '../datadriven.js';
import { idsOf } from './arguments.js';
import type { Environment } from './environment.js';

/** `process-append-thread 1 2`: nodes here write within `process-ready`, so there never is any work left. */
export function processAppendThread(environment: Environment, directive: Directive): void {
  findNothing(environment, directive, 'append');
}

/** `process-apply-thread 1 2`: nodes here apply within `process-ready`, so there never is any work left. */
export function processApplyThread(environment: Environment, directive: Directive): void {
  findNothing(environment, directive, 'apply');
}

function findNothing({ output }: Environment, directive: Directive, work: 'append' | 'apply'): void {
  const ids = idsOf(directive);
  for (const id of ids) {
    if (ids.length > 1) output.write(`> ${id} processing ${work} thread\n`);
    const say = () => output.write(`no ${work} work to perform`);
    if (ids.length > 1) output.indented(say);
    else say();
  }
}
