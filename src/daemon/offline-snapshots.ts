/** Snapshot files apart from any data directory. A door of its own beside `offline.ts`: it loads neither LMDB nor gRPC. */
export { verifySnapshotFile } from '../storage/offline-snapshot.js';
export { readRestorable, restoredSha256 } from './restored-snapshot.js';
export { decodeSnapshot, diffSnapshots, inspectSnapshot } from './snapshot-inspection.js';
