/**
 * What to do about a cluster that has lost its quorum for good: pure planning, from what was found on the survivors to what is to be done.
 *
 *     data directories ─► collected files ─► planRecovery ─► plan file ─► data directories
 *       (storage)           collected-node     choose-base     sealed-document   (storage, by src/daemon/offline-*)
 *                                              refusals
 *
 * Raft promises nothing without a majority, so this is where its promises are given up by hand. What is kept: no entry that a survivor
 * knows to be committed is lost, nothing is done where the survivors can elect a leader themselves, and nodes of before never meet nodes
 * of after, which have another incarnation. What is given up: entries that only lost nodes had are gone, and entries that nobody knew to
 * be committed become so.
 *
 * What must never happen here: input or output of any kind; a plan that rests on a node that nobody looked at.
 *
 * Where to read next: `plan-recovery.ts`, then `choose-base.ts` for why the longest log is not always the right one.
 */
export { NOT_LATEST_BASE } from './choose-base.js';
export type { CollectedNode, ConfigurationAt, EntryFacts, LogFacts, TermRange } from './collected-node.js';
export { configurationsAlong } from './configurations.js';
export { contentDigest, planRecovery, type RecoveryWish } from './plan-recovery.js';
export { planRestore } from './plan-restore.js';
export type { EntryRange, JointChoice, PlannedSurvivor, RecoveryPlan } from './recovery-plan.js';
export { recoveredWithout } from './refusals.js';
export type { RestoredMember, RestorePlan, SnapshotFacts } from './restore-plan.js';
export type { RestoredNode } from './restored-node.js';
export { openDocument, type RestoreResult, sealDocument } from './sealed-document.js';
