import { fuzzArguments } from './argument-door.js';
import { fuzzControl } from './control-door.js';
import { fuzzDirectory } from './directory-door.js';
import { fuzzDocuments } from './document-door.js';
import { fuzzFrames } from './frame-door.js';
import type { Door } from './fuzzing.js';
import { fuzzMaelstrom } from './maelstrom-door.js';
import { fuzzPeer } from './peer-door.js';

/** Every way into the program that is fuzzed. A new one is a line here: the command and the test take it from the table. */
export const doors: Readonly<Record<string, Door>> = {
  arguments: fuzzArguments,
  control: fuzzControl,
  directory: fuzzDirectory,
  documents: fuzzDocuments,
  frames: fuzzFrames,
  maelstrom: fuzzMaelstrom,
  peer: fuzzPeer,
};
