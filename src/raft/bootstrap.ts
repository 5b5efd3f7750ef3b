import { ConfChangeType, EntryType } from '../gen/raft/v1/raft.js';
import { encodeConfChange, intoV2 } from './conf-change.js';
import { INVALID_ID } from './config.js';
import { isNodeId } from './counts.js';
import { RaftError } from './errors.js';
import { applyConfChange } from './membership.js';
import { newEntry } from './messages.js';
import type { Raft } from './raft.js';
import { becomeFollower } from './roles.js';

/** A first member of a group, and what the application wants to know of it, its address say. */
export interface Peer {
  readonly id: number;
  readonly context: Uint8Array;
}

/** Term of the entries that a group begins with. */
const BOOTSTRAP_TERM = 1;

/**
 * Lets the log of a new group begin with the changes that add its members, committed: so whoever joins later learns of them from the log
 * (etcd/raft `Bootstrap`). Every member must be given the same peers in the same order.
 * @throws RaftError of kind `config-invalid`, with nothing changed
 */
export function bootstrap(raft: Raft, peers: readonly Peer[]): void {
  const { raftLog } = raft;
  if (peers.length === 0) throw new RaftError('config-invalid', 'must provide at least one peer to Bootstrap');
  if (raftLog.lastIndex() !== 0 || raft.term !== 0 || raft.tracker.conf.members().size > 0) {
    throw new RaftError('config-invalid', "can't bootstrap a nonempty Storage");
  }
  const ids = new Set(peers.map(({ id }) => id));
  if (ids.size < peers.length || !peers.every(({ id }) => isNodeId(id))) {
    throw new RaftError('config-invalid', 'every peer has an id of its own, a whole number above 0');
  }
  becomeFollower(raft, BOOTSTRAP_TERM, INVALID_ID);
  const changes = peers.map(({ id, context }) => ({ id: 0, changeType: ConfChangeType.ADD_NODE, nodeId: id, context }));
  raftLog.append(
    changes.map((change, at) => {
      const { data } = encodeConfChange(change);
      return { ...newEntry(EntryType.CONF_CHANGE, data, change.context), term: BOOTSTRAP_TERM, index: at + 1 };
    }),
  );
  raftLog.commitTo(peers.length);
  // In force now, so that the node may campaign at once; the application puts them into force again when it applies them, which changes nothing.
  for (const change of changes) applyConfChange(raft, intoV2(change));
}
