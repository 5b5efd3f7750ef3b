import type { Random } from '../../src/base/random.js';
import { type Body, Code } from '../../src/maelstrom/protocol.js';
import { oneOf } from '../base/choice.js';
import type { Call } from '../linearizability/history.js';
import type { Ask, KeyedCall, Outcome } from '../linearizability/workload.js';
import type { Router } from './router.js';

/** A client waits so long for an answer, in milliseconds: longer than a node does, which then says more. */
const answerMs = 4500;
/** Codes that say that nothing was done. Another definite one has no place in this workload. */
const failed: ReadonlySet<unknown> = new Set([Code.temporarilyUnavailable]);
const unknown: ReadonlySet<unknown> = new Set([Code.timeout, Code.crash]);

/** Calls go to any node, each to another one. */
export function askAnyNode(router: Router, random: Random): Ask {
  return async (process, call) => {
    const request = { ...bodyOf(call), explain: true };
    return answerOf(call, await router.request(`c${process}`, oneOf(random, router.nodes), request, answerMs));
  };
}

function bodyOf(call: KeyedCall): Body {
  const { key } = call;
  switch (call.f) {
    case 'read':
      return { type: 'read', key };
    case 'write':
      return { type: 'write', key, value: call.value };
    case 'cas':
      return { type: 'cas', key, from: call.from, to: call.to };
    case 'delete':
      throw new Error('the workload has no delete');
  }
}

/** What an answer says, in the words of a history. @throws Error where it is none that the call can have */
export function answerOf({ f }: Call, body: Body | undefined): Outcome {
  if (body === undefined) return 'info';
  const { type, code } = body;
  if (type === 'error' && unknown.has(code)) return 'info';
  if (type === 'error' && failed.has(code)) return 'fail';
  const { version, index } = body;
  if (typeof version !== 'number' || typeof index !== 'number') {
    throw new Error(`a ${f} was answered ${JSON.stringify(body)}`);
  }
  const missing = type === 'error' && code === Code.keyDoesNotExist;
  if (f === 'read' && missing) return { value: null, version, index };
  if (f === 'read' && type === 'read_ok') return { value: textOf(body, 'value'), version, index };
  const prev = textOf(body, 'prev');
  if (f === 'write' && type === 'write_ok') return { prev, version, index };
  if (f === 'cas' && type === 'cas_ok') return { prev, swapped: true, version, index };
  if (f === 'cas' && (missing || (type === 'error' && code === Code.preconditionFailed))) {
    return { prev, swapped: false, version, index };
  }
  throw new Error(`a ${f} was answered ${JSON.stringify(body)}`);
}

function textOf(body: Body, field: string): string | null {
  const value = body[field];
  if (typeof value === 'string' || value === null) return value;
  throw new Error(`an answer has no ${field}: ${JSON.stringify(body)}`);
}
