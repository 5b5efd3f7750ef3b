import type { ConfState } from '../../gen/raft/v1/raft.js';
import type { ChangeRecord } from '../../gen/raftctl/v1/member.js';
import type { NodeOptions } from '../node-options.js';
import type { StateView } from '../ports.js';
import { isRunning, newestChange, readChanges } from './change-records.js';

/** A configuration, and the index of the entry that made it. */
export interface AppliedConfState {
  readonly configIndex: number;
  readonly confState: ConfState;
}

/**
 * The records of the changes as this node has applied them, flushed or not. Only the newest record ever becomes another one, so that
 * is all that is looked at again when an entry was applied that may have touched it.
 */
export class AppliedChanges {
  /** Newest first. */
  private records: readonly ChangeRecord[] = [];
  private movedAtMs = 0;

  constructor(
    private readonly options: Pick<NodeOptions, 'clock' | 'wallClock'>,
    /** Told of each record that is new or another one. */
    private readonly onRecord: (record: ChangeRecord) => void,
  ) {}

  /** Newest first. */
  get list(): readonly ChangeRecord[] {
    return this.records;
  }

  /** The one that has not ended. */
  get running(): ChangeRecord | undefined {
    const [newest] = this.records;
    return newest !== undefined && isRunning(newest) ? newest : undefined;
  }

  find(id: string): ChangeRecord | undefined {
    return this.records.find((record) => record.id === id);
  }

  /** Time since the newest record became what it is, in milliseconds. */
  get stillMs(): number {
    return Math.max(0, this.options.clock() - this.movedAtMs);
  }

  /** Looks again: the node starts, or has applied what may have begun, moved or ended a change. @param view a node's whole keyspace */
  refresh(view: StateView): void {
    const newest = newestChange(view);
    const [known] = this.records;
    if (newest === undefined || (known !== undefined && isSame(known, newest))) return;
    if (newest.beginIndex === known?.beginIndex) this.records = [newest, ...this.records.slice(1)];
    else this.records = readChanges(view);
    // What happened before this node started, another one's clock says: good enough for people.
    const ageMs = known === undefined ? Math.max(0, this.options.wallClock() - newest.updatedMs) : 0;
    this.movedAtMs = this.options.clock() - ageMs;
    this.onRecord(newest);
  }
}

/** Whatever happens to a change is told in one of these. */
function isSame(left: ChangeRecord, right: ChangeRecord): boolean {
  return (
    left.beginIndex === right.beginIndex &&
    left.phase === right.phase &&
    left.text === right.text &&
    left.configIndex === right.configIndex &&
    left.abortRequested === right.abortRequested &&
    left.result === right.result
  );
}
