import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { messageOf } from '../base/errors.js';
import type { EventData } from './events-data.js';

/** What a command is told of an event, in variables of its environment. */
export function eventVariables(event: EventData): Record<string, string> {
  const { seq, ts, type, term, node, cause, detail, changeId, who, reason } = event;
  return {
    RAFTCTL_EVENT_SEQ: String(seq),
    RAFTCTL_EVENT_TS: ts ?? '',
    RAFTCTL_EVENT_TYPE: type,
    RAFTCTL_EVENT_TERM: String(term),
    RAFTCTL_EVENT_NODE: node === null ? '' : String(node),
    RAFTCTL_EVENT_CAUSE: cause,
    RAFTCTL_EVENT_TEXT: detail,
    RAFTCTL_EVENT_CHANGE: changeId ?? '',
    RAFTCTL_EVENT_BY: who ?? '',
    RAFTCTL_EVENT_REASON: reason ?? '',
    RAFTCTL_EVENT_JSON: JSON.stringify(event),
  };
}

/**
 * Runs a command of the shell for an event, and waits for its end: events are handed over one after the other, in their order.
 * @returns why it did not end well; undefined where it did
 */
export async function runForEvent(command: string, event: EventData): Promise<string | undefined> {
  const env = { ...process.env, ...eventVariables(event) };
  const child = spawn(command, { shell: true, env, stdio: ['ignore', 'inherit', 'inherit'] });
  try {
    const [exitCode, signal] = await once(child, 'close');
    return exitCode === 0 ? undefined : `ended with ${exitCode === null ? signal : `exit ${exitCode}`}`;
  } catch (thrown) {
    return messageOf(thrown);
  }
}
