/** Hooks of the module loader that change modules as they are read, and leave all imports as they are. */
export { initialize, load } from '../simulation/cluster/module-hooks.js';
