import type { Environment } from './environment.js';

/** `process-append-thread 1`: nodes here write within `process-ready`, so there never is any work left. */
export function processAppendThread({ output }: Environment): void {
  output.write('no append work to perform');
}

/** `process-apply-thread 1`: nodes here apply within `process-ready`, so there never is any work left. */
export function processApplyThread({ output }: Environment): void {
  output.write('no apply work to perform');
}
