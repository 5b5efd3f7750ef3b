import type { ControlCommand } from '../gen/raftctl/v1/control.js';
import { Command, CommandKind } from '../gen/raftctl/v1/proposal.js';
import { applyControl, decodeControl, describeControl, newerEntry } from './control-commands.js';
import { KeyspacePrefix, scopedTxn, scopedView } from './keyspace.js';
import type { ProposalResult } from './node-api.js';
import type { AppliedCommand, AppliedMark, StateMachine, StateTxn, StateView } from './ports.js';
import { applyOnce } from './sessions.js';

/**
 * What became of an applied entry: a result, or a sentence why its session did not let it be applied (E_SESSION_EXPIRED). `control`: it was
 * a command of the cluster's own, whose records may be others now.
 */
export type ApplyOutcome = (ProposalResult & { readonly control?: ControlCommand }) | { readonly expired: string };

const NO_RESULT = new Uint8Array();

/**
 * All that a cluster agrees on: the state machine behind client sessions, in one keyspace. A normal entry's data is an encoded
 * `Command`; bytes that are none are an entry without effect, because every replica must go on in the same way. So are they for those of another
 * version, which a command of a kind that is not known here would not be: there a replica has to stop.
 */
export class ReplicatedState {
  readonly #machine: StateMachine;
  readonly #sessionsMax: number;

  /** @param sessionsMax sessions kept; the same on all nodes of a cluster, since it decides what is applied */
  constructor(machine: StateMachine, sessionsMax: number) {
    this.#machine = machine;
    this.#sessionsMax = sessionsMax;
  }

  /**
   * Applies a normal entry, within the transaction of its turn. Throws what the state machine throws, and E_VERSION_SKEW for a command that only
   * a newer version knows: the node must stop then.
   * @param txn the node's whole keyspace
   * @param at index and term of the entry, and the configuration that was applied last before it
   */
  apply(txn: StateTxn, at: AppliedMark, data: Uint8Array): ApplyOutcome {
    const command = decodeCommand(data);
    const { index, term } = at;
    const entry = { index, term };
    if (command !== undefined && CommandKind[command.kind] === undefined) throw newerEntry(index, 'a kind of command');
    if (command?.kind === CommandKind.CONTROL) {
      const control = decodeControl(command.payload);
      return { ...entry, result: applyControl(txn, at, control), duplicate: false, control };
    }
    const execute = () => this.#execute(txn, index, term, command);
    if (command?.session === undefined) return { ...entry, result: execute(), duplicate: false };
    return applyOnce(scopedTxn(txn, KeyspacePrefix.sessions), command.session, this.#sessionsMax, entry, execute);
  }

  /**
   * Asks the state machine.
   * @throws RaftctlError E_USAGE for a query that it does not understand
   */
  read(view: StateView, query: Uint8Array): Uint8Array {
    return this.#machine.read(scopedView(view, KeyspacePrefix.machine), query);
  }

  /** The data of a normal entry in a few words. */
  describe(data: Uint8Array): string {
    if (data.length === 0) return 'no-op';
    const command = decodeCommand(data);
    if (command === undefined) return `${data.length} bytes that are no command`;
    if (command.kind === CommandKind.CONTROL) return describeControl(command.payload);
    const kind = machineKind(command);
    const text = kind === undefined ? 'no-op' : this.#machine.describe(kind, command.payload);
    const { session } = command;
    return session === undefined ? text : `${text} (client ${JSON.stringify(session.clientId)} #${session.sequence})`;
  }

  #execute(txn: StateTxn, index: number, term: number, command: Command | undefined): Uint8Array {
    const kind = command === undefined ? undefined : machineKind(command);
    if (command === undefined || kind === undefined) return NO_RESULT;
    return this.#machine.apply(scopedTxn(txn, KeyspacePrefix.machine), {
      index,
      term,
      kind,
      payload: command.payload,
    });
  }
}

/** Undefined for bytes that are no command. */
function decodeCommand(data: Uint8Array): Command | undefined {
  try {
    return Command.decode(data);
  } catch {
    return undefined;
  }
}

/** Undefined for a no-op. */
function machineKind(command: Command): AppliedCommand['kind'] | undefined {
  if (command.kind === CommandKind.MACHINE) return 'machine';
  if (command.kind === CommandKind.RAW) return 'raw';
  return undefined;
}
