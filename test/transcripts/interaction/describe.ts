import {
  type ConfChangeV2,
  type ConfState,
  type Entry,
  EntryType,
  type HardState,
  type Message,
  type Snapshot,
} from '../../../src/gen/raft/v1/raft.js';
import { decodeConfChange, isRollback, stringifyConfChange } from '../../../src/raft/conf-change.js';
import { ENTRY_NAMES, MESSAGE_NAMES } from './names.js';

/** `1/4 EntryNormal "foo"`, `1/5 EntryConfChangeV2 v2 l3` */
export function describeEntry(entry: Entry): string {
  const payload =
    entry.entryType === EntryType.NORMAL ? quote(entry.data) : describeConfChange(decodeConfChange(entry));
  return `${entry.term}/${entry.index} ${ENTRY_NAMES[entry.entryType]}${payload === '' ? '' : ` ${payload}`}`;
}

function describeConfChange(change: ConfChangeV2): string {
  return isRollback(change) ? 'rollback' : stringifyConfChange(change.changes);
}

/** One entry a line. */
export function describeEntries(entries: readonly Entry[]): string {
  return entries.map((entry) => `${describeEntry(entry)}\n`).join('');
}

/** `Term:1 Vote:1 Commit:4` */
export function describeHardState({ term, vote, commit }: HardState): string {
  return `Term:${term}${vote === 0 ? '' : ` Vote:${vote}`} Commit:${commit}`;
}

/** `Index:4 Term:1 ConfState:Voters:[1 2] …` */
export function describeSnapshot({ metadata }: Snapshot): string {
  return `Index:${metadata?.index ?? 0} Term:${metadata?.term ?? 0} ConfState:${describeConfState(metadata?.confState)}`;
}

/** `1->2 MsgApp Term:1 Log:1/3 Commit:4 Entries:[1/4 EntryConfChangeV2 v2]` */
export function describeMessage(message: Message): string {
  const { msgType, term, logTerm, index, commit, entries, snapshot } = message;
  let text = `${describeId(message.from)}->${describeId(message.to)} ${MESSAGE_NAMES[msgType]} Term:${term} Log:${logTerm}/${index}`;
  if (message.reject) text += ` Rejected (Hint: ${message.rejectHint})`;
  if (commit !== 0) text += ` Commit:${commit}`;
  if (entries.length === 1) text += ` Entries:[${describeEntries(entries).trimEnd()}]`;
  if (entries.length > 1) text += ` Entries:[\n${indent(describeEntries(entries))}]`;
  if (snapshot !== undefined && snapshot.metadata !== undefined && snapshot.metadata.index !== 0) {
    text += `\n  Snapshot: ${describeSnapshot(snapshot)}`;
  }
  return text;
}

/** Puts two spaces before every line. */
export function indent(text: string): string {
  return text.replace(/^.*\n|^.+$/gm, '  $&');
}

function describeConfState(confState: ConfState | undefined): string {
  const list = (ids: readonly number[] = []) => `[${ids.join(' ')}]`;
  return [
    `Voters:${list(confState?.voters)}`,
    `VotersOutgoing:${list(confState?.votersOutgoing)}`,
    `Learners:${list(confState?.learners)}`,
    `LearnersNext:${list(confState?.learnersNext)}`,
    `AutoLeave:${confState?.autoLeave ?? false}`,
  ].join(' ');
}

function describeId(id: number): string {
  return id === 0 ? 'None' : id.toString(16);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** Bytes as Go's `%q` prints them: UTF-8 in quotes, with escapes for what cannot be seen or is no text. */
function quote(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const char = charAt(bytes, at);
    if (char === undefined) {
      text += `\\x${(bytes[at] ?? 0).toString(16).padStart(2, '0')}`;
      at++;
      continue;
    }
    text += ESCAPES[char] ?? (isPrintable(char) ? char : escapeChar(char));
    at += new TextEncoder().encode(char).length;
  }
  return `"${text}"`;
}

/** The character whose bytes begin at `at`; undefined where none does. */
function charAt(bytes: Uint8Array, at: number): string | undefined {
  for (let length = 1; length <= 4; length++) {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.slice(at, at + length));
    } catch {
      // Not a whole character yet.
    }
  }
  return undefined;
}

function isPrintable(char: string): boolean {
  return char === ' ' || !/[\p{C}\p{Z}]/u.test(char);
}

function escapeChar(char: string): string {
  const point = char.codePointAt(0) ?? 0;
  if (point < 0x80) return `\\x${point.toString(16).padStart(2, '0')}`;
  return point <= 0xffff ? `\\u${point.toString(16).padStart(4, '0')}` : `\\U${point.toString(16).padStart(8, '0')}`;
}
