import type { Metrics } from './ports.js';

const nothing = () => {};

/** For a node that nobody measures. */
export const noMetrics: Metrics = {
  proposalApplied: nothing,
  refused: nothing,
  flushed: nothing,
  entriesApplied: nothing,
  messagesReceived: nothing,
  messagesSent: nothing,
  leaderChanged: nothing,
  snapshotCreated: nothing,
  snapshotSent: nothing,
  snapshotInstalled: nothing,
};
