/**
 * What commands do to the data directory of a node that does not run. Apart from the room's front door, so that a node loads none of it.
 */
export { copyDataDirectory, exists } from './offline-copy.js';
export { OfflineDirectory } from './offline-directory.js';
export { readRecoveryNote, readRetiredIds, writeRecoveryNote } from './offline-notes.js';
export type { OfflineReading } from './offline-reading.js';
export { emptyDirectory } from './offline-reset.js';
export { installSnapshotFile, verifySnapshotFile, writeOfflineSnapshot } from './offline-snapshot.js';
export type { NewSnapshotHeader } from './snapshot-file.js';
