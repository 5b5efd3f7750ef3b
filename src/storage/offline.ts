/**
 * What commands do to the data directory of a node that does not run. Apart from the room's front door, so that a node loads none of it.
 */
export { type CompactedDatabase, compactDatabase, copyInspected } from './database-copy.js';
export { checkDirectory, type DirectoryCheck } from './directory-check.js';
export { type DirectoryInspection, inspectDirectory } from './directory-inspection.js';
export type { DatabaseDetails } from './environment.js';
export { refuseNetworkFolder } from './network-folder.js';
export { copyDataDirectory, exists } from './offline-copy.js';
export { OfflineDirectory, requireDataDirectory } from './offline-directory.js';
export {
  type RecoveryNote,
  readRecoveryNote,
  readRetiredIds,
  refuseRetiredId,
  writeRecoveryNote,
} from './offline-notes.js';
export type { OfflineReading } from './offline-reading.js';
export { emptyDirectory } from './offline-reset.js';
export {
  installSnapshotFile,
  verifySnapshotFile,
  writeOfflineSnapshot,
} from './offline-snapshot.js';
export { type DatabaseReader, readReaderTable } from './reader-table.js';
export { RestoredDirectory } from './restored-directory.js';
export { readSettings } from './settings-file.js';
export type { NewSnapshotHeader } from './snapshot-file.js';
