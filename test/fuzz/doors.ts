import { fuzzControl } from './control-door.js';
import type { Door } from './fuzzing.js';

/** Every way into the program that is fuzzed. A new one is a line here: the command and the test take it from the table. */
export const doors: Readonly<Record<string, Door>> = {
  control: fuzzControl,
};
