/**
 * Work on the data directories of nodes that do not run. A door of its own beside `index.ts`: it loads LMDB, and neither gRPC nor a node.
 */
export { collectNode } from './offline-collect.js';
export {
  offlineCheck,
  offlineCompact,
  offlineCopy,
  offlineEntries,
  offlineHash,
  offlineInfo,
  offlineReaders,
} from './offline-inspection.js';
export { applyRecovery, type RecoveryStep } from './offline-recovery.js';
export { type ResetFacts, resetNode } from './offline-reset.js';
export { applyRestore, type RestoreStep } from './offline-restore.js';
