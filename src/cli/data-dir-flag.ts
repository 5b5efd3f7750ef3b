import { Flags } from '@oclif/core';

/** The folder of a node's data, for commands that work on it themselves. */
export const dataDirFlag = Flags.string({ description: 'folder of the node’s data', helpValue: 'DIR', required: true });
