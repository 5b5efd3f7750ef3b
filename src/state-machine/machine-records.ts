import { KvRecord } from '../gen/raftctl/v1/kv.js';
import { RegisterValue } from '../gen/raftctl/v1/register.js';
import type { StateRecord } from '../node/ports.js';

/** A record of a state machine's keyspace, taken apart for people to read. */
export type MachineRecord =
  /** `value` is a JSON text, as it was stored. */
  | {
      readonly type: 'kv';
      readonly key: string;
      readonly value: string;
      readonly version: number;
      readonly modifiedIndex: number;
    }
  | { readonly type: 'register'; readonly value: Uint8Array; readonly version: number; readonly modifiedIndex: number }
  /** Of a machine of the user's own, or one that makes no sense. */
  | { readonly type: 'machine'; readonly key: Uint8Array; readonly value: Uint8Array };

/**
 * Takes a record of a machine apart. Never throws: of a machine that is not raftctl's own, bytes are all there is.
 * @param machine name of the state machine
 */
export function decodeMachineRecord(machine: string, record: StateRecord): MachineRecord {
  try {
    switch (machine) {
      case 'kv':
        return { type: 'kv', key: utf8.decode(record.key), ...KvRecord.decode(record.value) };
      case 'register':
        return { type: 'register', ...RegisterValue.decode(record.value) };
      default:
        return { type: 'machine', ...record };
    }
  } catch {
    return { type: 'machine', ...record };
  }
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
