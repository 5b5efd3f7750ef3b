/** What a client asks of a register: the one register, or one key of the hash table. */
export type Call =
  | { readonly f: 'read' }
  | { readonly f: 'write'; readonly value: string }
  | { readonly f: 'delete' }
  /** Writes `to` where the register has `from`; null: where it has no value. */
  | { readonly f: 'cas'; readonly from: string | null; readonly to: string };

/** What a call was answered. */
export interface Answer {
  /** Of a read: the value, null where there is none. */
  readonly value?: string | null;
  /** Of a change: the value before it, null where there was none. */
  readonly prev?: string | null;
  /** Of a cas: whether it has written. */
  readonly swapped?: boolean;
  /** How often the register was written since it is there, this time included; 0 where it is not there. */
  readonly version: number;
  /** Place in Raft's log: of the command, or for a read how far the state was applied. */
  readonly index: number;
}

interface Step {
  /** One client, which waits for each answer before its next call. One that gave up waiting goes on under a new number. */
  readonly process: number;
  readonly key: string;
  /** Any clock that all steps share. */
  readonly time: number;
}

/**
 * One step of a history, in the form of Jepsen: a call is invoked, and later it is `ok`, or `fail` where it surely has done nothing, or
 * `info` where nobody knows.
 */
export type HistoryStep =
  | (Step & { readonly type: 'invoke' } & Call)
  | (Step & { readonly type: 'ok'; readonly f: Call['f'] } & Answer)
  | (Step & { readonly type: 'fail' | 'info'; readonly f: Call['f'] });

/** One step as a line of JSON, which other checkers read as well. */
export function historyLine(step: HistoryStep): string {
  return `${JSON.stringify(step)}\n`;
}

/** A call with its answer, as an interval. */
export interface Operation {
  readonly process: number;
  readonly call: Call;
  readonly calledAt: number;
  /** Infinity where it may take effect at any time from its call on, or never. */
  readonly returnedAt: number;
  /** Undefined where nobody knows. */
  readonly answer: Answer | undefined;
}

/**
 * The operations of a history by their key, in the order of their calls. What has failed is left out, and so are reads without an answer:
 * they say nothing. Time is the place in the history, so that no two steps are at one time.
 * @throws Error where a process does two things at once, or answers what was never called
 */
export function operationsByKey(steps: readonly HistoryStep[]): Map<string, Operation[]> {
  const open = new Map<number, { call: Call; key: string; calledAt: number }>();
  const found: { readonly key: string; readonly operation: Operation }[] = [];
  const end = (process: number, answer: Answer | undefined, returnedAt: number) => {
    const begun = open.get(process);
    if (begun === undefined) throw new Error(`process ${process} has an answer, but asked nothing`);
    open.delete(process);
    if (answer === undefined && begun.call.f === 'read') return;
    found.push({
      key: begun.key,
      operation: { process, call: begun.call, calledAt: begun.calledAt, returnedAt, answer },
    });
  };
  for (const [at, step] of steps.entries()) {
    const { process } = step;
    if (step.type === 'invoke') {
      if (open.has(process)) throw new Error(`process ${process} asks before it has its answer`);
      open.set(process, { call: step, key: step.key, calledAt: at });
    } else if (step.type === 'ok') end(process, step, at);
    else if (step.type === 'info') end(process, undefined, Number.POSITIVE_INFINITY);
    else open.delete(process);
  }
  for (const process of [...open.keys()]) end(process, undefined, Number.POSITIVE_INFINITY);
  const byKey = new Map<string, Operation[]>();
  for (const { key, operation } of found.sort((a, b) => a.operation.calledAt - b.operation.calledAt)) {
    byKey.set(key, [...(byKey.get(key) ?? []), operation]);
  }
  return byKey;
}
