import { register } from 'node:module';
import { plantedBugs, plantedBugVariable } from './planted-bugs.js';

/*
 * Loaded before the program of a node (`--import`): has one of its modules read with a bug in it. The product knows nothing of it and has no
 * switch for it.
 */
const name = process.env[plantedBugVariable];
const mutant = plantedBugs.find((one) => one.name === name);
if (mutant === undefined) throw new Error(`there is no bug ${name}: ${plantedBugs.map((one) => one.name).join(' ')}`);
register('./planting-hooks.js', import.meta.url, { data: { mutant } });
