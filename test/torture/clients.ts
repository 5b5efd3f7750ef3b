import {
  type Client,
  createClient,
  type KvExpectation,
  RaftctlError,
  type RegisterExpectation,
} from '../../src/client/index.js';
import type { Answer } from '../linearizability/history.js';
import type { Ask, KeyedCall, Outcome } from '../linearizability/workload.js';

/** What a cluster under torture agrees on. */
export type MachineName = 'kv' | 'register';

/** A client gives a call up after this, in milliseconds: longer than most elections. */
const callMs = 5000;

/** Clients of the real library, each with a session of its own, and what they have been told beside what their calls asked. */
export class Clients {
  /** Terms in which a change was acknowledged: that many leaders have done some work. */
  readonly terms = new Set<number>();
  /** How often a call was refused or given up, by the code of the error. */
  readonly errors = new Map<string, number>();
  /** Each of them, a line with the time by the clock of the history. */
  readonly refusals: string[] = [];
  readonly #clients: Client[] = [];

  constructor(
    private readonly endpoints: readonly string[],
    private readonly machine: MachineName,
  ) {}

  /** A further client. It reads linearizably. */
  open(): Ask {
    const client = createClient({ endpoints: this.endpoints, timeoutMs: callMs });
    this.#clients.push(client);
    const make = this.machine === 'kv' ? askKv : askRegister;
    return async (process, call) => {
      try {
        const { term, ...answer } = await make(client, call);
        if (term !== undefined) this.terms.add(term);
        return answer;
      } catch (thrown) {
        return this.#outcomeOf(process, call, thrown);
      }
    };
  }

  close(): void {
    for (const client of this.#clients.splice(0)) client.close();
  }

  /** The client says of every error whether something was changed: it is held to that. @throws whatever is no operating error */
  #outcomeOf(process: number, { f, key }: KeyedCall, thrown: unknown): Outcome {
    if (!(thrown instanceof RaftctlError) || thrown.code === 'E_INTERNAL') throw thrown;
    const { code, message, changed } = thrown;
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
    const what = `process ${process}, ${f} of ${key}: ${code}, changed: ${changed}, ${message}`;
    this.refusals.push(`${Math.round(performance.now())} ${what}\n`);
    if (f !== 'read' && changed === 'yes') throw thrown;
    return f !== 'read' && changed === 'unknown' ? 'info' : 'fail';
  }
}

/** An answer, and of a change the term in which it was made. */
type TermedAnswer = Answer & { readonly term?: number };

async function askKv({ kv }: Client, call: KeyedCall): Promise<TermedAnswer> {
  switch (call.f) {
    case 'read': {
      const { pair, index } = await kv.get(call.key);
      return { value: textOf(pair?.value), version: pair?.version ?? 0, index };
    }
    case 'write': {
      const { prev, version, index, term } = await kv.put(call.key, JSON.stringify(call.value));
      return { prev: textOf(prev?.value), version, index, term };
    }
    case 'cas': {
      const { prev, swapped, version, index, term } = await kv.compareAndSet(
        call.key,
        kvExpectation(call.from),
        JSON.stringify(call.to),
      );
      return { prev: textOf(prev?.value), swapped, version, index, term };
    }
    case 'delete': {
      const { prev, index, term } = await kv.delete(call.key);
      return { prev: textOf(prev?.value), version: 0, index, term };
    }
  }
}

async function askRegister({ register }: Client, call: KeyedCall): Promise<TermedAnswer> {
  switch (call.f) {
    case 'read': {
      const { value, index } = await register.read();
      return { value: bytesText(value), version: value?.version ?? 0, index };
    }
    case 'write': {
      const { prev, version, index, term } = await register.write(bytesOf(call.value));
      return { prev: bytesText(prev), version, index, term };
    }
    case 'cas': {
      const { prev, swapped, version, index, term } = await register.compareAndWrite(
        registerExpectation(call.from),
        bytesOf(call.to),
      );
      return { prev: bytesText(prev), swapped, version, index, term };
    }
    case 'delete':
      throw new Error('a register cannot be deleted');
  }
}

function kvExpectation(from: string | null): KvExpectation {
  return {
    condition: from === null ? { $case: 'absent', value: true } : { $case: 'value', value: JSON.stringify(from) },
  };
}

function registerExpectation(from: string | null): RegisterExpectation {
  return { condition: from === null ? { $case: 'version', value: 0 } : { $case: 'value', value: bytesOf(from) } };
}

function textOf(value: string | undefined): string | null {
  return value === undefined ? null : (JSON.parse(value) as string);
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A register that was never written has version 0, whatever its bytes. */
function bytesText(value: { readonly value: Uint8Array; readonly version: number } | undefined): string | null {
  return value === undefined || value.version === 0 ? null : new TextDecoder().decode(value.value);
}
