import { messageOf, RaftctlError } from '../base/errors.js';
import { type GetStateHashResponse, StateHashPhase } from '../gen/raftctl/v1/cluster.js';
import type { HashState } from '../gen/raftctl/v1/control.js';
import { type ControlOutcome, type ControlPosition, proposeControl } from './control-commands.js';
import type { CallOptions } from './node-api.js';
import type { NodeContext } from './node-context.js';
import type { AppliedMark, HeldState } from './ports.js';
import type { Proposing } from './proposing.js';
import { StateHash } from './state-hash.js';

/** Bytes of records that are hashed in one go: the node does its other work in between. */
const SLICE_BYTES = 256 * 1024;
/** Indexes at which the state is yet to be hashed, and hashes that are remembered; the oldest is forgotten first. */
const REMEMBERED_MAX = 16;

/** A hash that was made, is being made, or was missed. */
type StateHashRecord = Pick<GetStateHashResponse, 'phase' | 'hash' | 'records' | 'bytes' | 'reason'>;

/**
 * The state hashed as of one index, the same on all nodes: the leader writes a command into the log, and whoever applies it hashes its
 * state behind that very entry, or behind a later one that the command names. Apply goes on meanwhile: what is hashed is held.
 *
 * What is remembered here is remembered by this process alone, and nothing of it is in the state: a node that was restarted, or came
 * past the index by a snapshot, has missed it, and says so.
 */
export class StateHashing {
  readonly #due = new Map<number, HashState>();
  readonly #records = new Map<number, StateHashRecord>();
  #running: number | undefined;

  constructor(
    private readonly context: NodeContext,
    private readonly proposing: Proposing,
  ) {}

  /**
   * Has all nodes hash their state; on the leader.
   * @throws RaftctlError E_NOT_LEADER, E_NO_LEADER, E_CONFLICT while one is made, E_USAGE for an index that is in the log already, and as `proposeControl`
   */
  async begin(command: HashState, call?: CallOptions): Promise<{ index: number }> {
    this.context.requireLeader();
    if (this.#running !== undefined) {
      const message = `the state of index ${this.#running} is being hashed`;
      throw new RaftctlError('E_CONFLICT', message, { retryable: true, hint: 'wait for it to end' });
    }
    const last = this.context.options.store.lastIndex();
    if (command.at !== 0 && command.at <= last) throw isPast(command.at, last);
    const { index } = await proposeControl(this.proposing, { command: { $case: 'hashState', value: command } }, call);
    return { index: command.at === 0 ? index : command.at };
  }

  /** What this node has to say of the hash at an index. */
  result(index: number): GetStateHashResponse {
    const { options, applied } = this.context;
    const record = this.#records.get(index) ?? (applied.index < index ? waiting : missed(reasonUnknown));
    return { nodeId: options.id, appliedIndex: applied.index, ...record };
  }

  /** A command to hash the state is being applied. */
  onCommand(index: number, command: HashState): void {
    for (const past of [...this.#due.keys()]) if (past < index) this.#due.delete(past);
    this.#due.set(command.at === 0 ? index : command.at, command);
    forgetOldest(this.#due);
  }

  /** Whether the state is to be hashed behind this entry. */
  isDue(index: number): boolean {
    return this.#due.size > 0 && this.#due.has(index);
  }

  /** An entry behind which it is due is applied, and nothing after it yet. */
  onApplied(mark: AppliedMark): void {
    const command = this.#due.get(mark.index);
    if (command === undefined) return;
    this.#due.delete(mark.index);
    if (this.#running !== undefined) {
      this.#remember(mark.index, missed(`the state of index ${this.#running} was being hashed`));
      return;
    }
    this.#running = mark.index;
    const hash = new StateHash(mark);
    const held = this.context.options.store.hold();
    this.#hash(mark.index, hash, held, command.bytesPerSecond)
      .catch((thrown: unknown) => this.#remember(mark.index, missed(messageOf(thrown))))
      .finally(() => {
        held.release();
        this.#running = undefined;
      });
  }

  async #hash(index: number, hash: StateHash, held: HeldState, bytesPerSecond: number): Promise<void> {
    const { clock, logger } = this.context.options;
    const startedMs = clock();
    this.#remember(index, { phase: StateHashPhase.RUNNING, hash: '', records: 0, bytes: 0, reason: '' });
    for (let after: Uint8Array | undefined; ; ) {
      await this.#turn(bytesPerSecond === 0 ? startedMs : startedMs + (hash.bytes / bytesPerSecond) * 1000);
      const before = hash.records;
      after = hashSlice(hash, held, after);
      const { records, bytes } = hash;
      if (records === before) break;
      this.#remember(index, { phase: StateHashPhase.RUNNING, hash: '', records, bytes, reason: '' });
    }
    const { records, bytes } = hash;
    this.#remember(index, { phase: StateHashPhase.DONE, hash: hash.digest(), records, bytes, reason: '' });
    logger.info('the state is hashed', { index, records, bytes });
  }

  /** Resolves in a later turn, and not before the moment. @throws RaftctlError E_STOPPED */
  async #turn(notBeforeMs: number): Promise<void> {
    const { conditions, options } = this.context;
    await new Promise<void>((resolve) => options.defer(resolve));
    if (this.context.stopping) throw this.context.stoppedError();
    // Asked at the end of each turn, and a tick is a turn: so exact need the rate not be.
    await conditions.until(() => options.clock() >= notBeforeMs || undefined, {
      onAbort: () => this.context.stoppedError(),
    });
  }

  #remember(index: number, record: StateHashRecord): void {
    this.#records.set(index, record);
    forgetOldest(this.#records);
  }
}

/** @returns the key of the last record that was hashed */
function hashSlice(hash: StateHash, { view }: HeldState, after: Uint8Array | undefined): Uint8Array | undefined {
  const end = hash.bytes + SLICE_BYTES;
  let last = after;
  for (const record of view.range({ start: after === undefined ? new Uint8Array() : successor(after) })) {
    hash.add(record);
    last = record.key;
    if (hash.bytes >= end) break;
  }
  return last;
}

/** The first key behind another. */
function successor(key: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(key.length + 1);
  bytes.set(key);
  return bytes;
}

/**
 * Whether a command to hash the state still fits where it is applied: the state of an earlier entry is no more.
 * @returns nothing to say, or why it does not
 */
export function checkHashState({ index }: ControlPosition, { at }: HashState): ControlOutcome {
  if (at === 0 || at > index) return undefined;
  const { code, message } = isPast(at, index);
  return { code, message };
}

function isPast(at: number, last: number): RaftctlError {
  return new RaftctlError('E_USAGE', `index ${at} is past: the log ends at ${last}`, {
    hint: 'the state of an index can be hashed only when it is reached: name a later one, or none',
  });
}

const reasonUnknown = 'the node did not hash its state there: it was restarted since, or came past it by a snapshot';

const waiting: StateHashRecord = { phase: StateHashPhase.WAITING, hash: '', records: 0, bytes: 0, reason: '' };

function missed(reason: string): StateHashRecord {
  return { phase: StateHashPhase.MISSED, hash: '', records: 0, bytes: 0, reason };
}

function forgetOldest(map: Map<number, unknown>): void {
  for (const index of map.keys()) {
    if (map.size <= REMEMBERED_MAX) return;
    map.delete(index);
  }
}
