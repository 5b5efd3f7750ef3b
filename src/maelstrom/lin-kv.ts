import { RaftctlError } from '../base/errors.js';
import { checkJson, checkKey } from '../base/kv-limits.js';
import { KvAnswer, KvCommand, KvQuery, KvResult } from '../gen/raftctl/v1/kv.js';
import { CommandKind, Consistency } from '../gen/raftctl/v1/proposal.js';
import type { NodeApi } from '../node/index.js';
import { type Body, Code, RequestError } from './protocol.js';

type KvOp = NonNullable<KvCommand['op']>;
type Condition = NonNullable<Extract<KvOp, { $case: 'compareAndSet' }>['value']['expect']>['condition'];

/** What became of a command, and where it stands in the log. */
type Outcome = KvResult & { readonly index: number };

/** A request of a client of the workload lin-kv. */
export interface KvRequest {
  readonly client: string;
  readonly body: Body;
}

/**
 * The workload lin-kv over the replicated hash table: `read`, `write`, `cas`. Every change has a session of the client and its `msg_id`: a
 * request that the network delivers twice is applied once.
 *
 * With `explain: true`, which Maelstrom never asks for, an answer says what a strict checker wants to know beside: `prev`, `version` and `index`.
 */
export class LinKv {
  constructor(private readonly node: Pick<NodeApi, 'propose' | 'query'>) {}

  /**
   * Answers from this node's own state, after a quorum has confirmed that it is fresh; a follower asks its leader for that.
   * @throws RequestError keyDoesNotExist, malformedRequest
   * @throws RaftctlError as `NodeApi.query`
   */
  async read({ body }: KvRequest, signal: AbortSignal): Promise<Body> {
    const key = keyOf(body);
    const query = KvQuery.encode({ op: { $case: 'get', value: { key } } }).finish();
    const { result, index } = await this.node.query(query, Consistency.LINEARIZABLE, { signal });
    const [pair] = KvAnswer.decode(result).pairs;
    const explained = explain(body, { version: pair?.version ?? 0, index });
    if (pair === undefined) throw new RequestError(Code.keyDoesNotExist, `there is no key ${key}`, explained);
    return { type: 'read_ok', value: JSON.parse(pair.value), ...explained };
  }

  /**
   * Makes a change, on the leader only.
   * @throws RequestError keyDoesNotExist, preconditionFailed, malformedRequest
   * @throws RaftctlError as `NodeApi.propose`
   */
  async change(request: KvRequest, signal: AbortSignal): Promise<Body> {
    return request.body.type === 'write' ? this.#write(request, signal) : this.#compareAndSet(request, signal);
  }

  async #write(request: KvRequest, signal: AbortSignal): Promise<Body> {
    const { body } = request;
    const value = { key: keyOf(body), value: jsonOf(body, 'value') };
    const outcome = await this.#propose(request, 0, { $case: 'put', value }, signal);
    return { type: 'write_ok', ...changed(body, outcome) };
  }

  /**
   * Where the key is missing and may be made, making it is a second command: one condition cannot say both. Commands whose condition did not
   * hold have changed nothing, so that only the last one counts.
   */
  async #compareAndSet(request: KvRequest, signal: AbortSignal): Promise<Body> {
    const { body } = request;
    const [key, from, to] = [keyOf(body), jsonOf(body, 'from'), jsonOf(body, 'to')];
    const mayCreate = body['create_if_not_exists'] === true;
    const swap = (step: number, condition: Condition) =>
      this.#propose(
        request,
        step,
        { $case: 'compareAndSet', value: { key, expect: { condition }, value: to } },
        signal,
      );
    for (let step = 0; ; step += 2) {
      const swapped = await swap(step, { $case: 'value', value: from });
      if (swapped.applied) return { type: 'cas_ok', ...changed(body, swapped) };
      if (swapped.prev !== undefined) {
        const text = `the key ${key} has ${swapped.prev.value.slice(0, 100)}, not ${from.slice(0, 100)}`;
        throw new RequestError(Code.preconditionFailed, text, changed(body, swapped));
      }
      if (!mayCreate) throw new RequestError(Code.keyDoesNotExist, `there is no key ${key}`, changed(body, swapped));
      const created = await swap(step + 1, { $case: 'absent', value: true });
      if (created.applied) return { type: 'cas_ok', ...changed(body, created) };
    }
  }

  /** @param step which of the commands that a request may need: each is a proposal of its own */
  async #propose({ client, body }: KvRequest, step: number, op: KvOp, signal: AbortSignal): Promise<Outcome> {
    const { result, index } = await this.node.propose(
      {
        kind: CommandKind.MACHINE,
        payload: KvCommand.encode({ op }).finish(),
        session: { clientId: step === 0 ? client : `${client}/${step}`, sequence: sequenceOf(body), lowestPending: 1 },
      },
      { signal },
    );
    return { ...KvResult.decode(result), index };
  }
}

function changed(body: Body, { prev, version, index }: Outcome): Readonly<Record<string, unknown>> {
  return explain(body, { prev: prev === undefined ? null : JSON.parse(prev.value), version, index });
}

function explain(body: Body, facts: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return body['explain'] === true ? facts : {};
}

/** Sequences of a session begin with 1, ids of messages perhaps with 0. */
function sequenceOf({ msg_id: id = -1 }: Body): number {
  if (id < 0) throw new RequestError(Code.malformedRequest, 'a change needs a msg_id of 0 or more');
  return id + 1;
}

/** Keys are any JSON; the hash table has texts. */
function keyOf(body: Body): string {
  return usable(JSON.stringify(sorted(fieldOf(body, 'key'))), checkKey);
}

function jsonOf(body: Body, field: string): string {
  return usable(JSON.stringify(fieldOf(body, field)), checkJson);
}

function fieldOf(body: Body, field: string): unknown {
  const value = body[field];
  if (value === undefined) throw new RequestError(Code.malformedRequest, `a ${body.type} needs a ${field}`);
  return value;
}

/** The same with the fields of objects in one order, so that equal keys are equal texts. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}

function usable(text: string, check: (text: string) => void): string {
  try {
    check(text);
  } catch (thrown) {
    if (thrown instanceof RaftctlError) throw new RequestError(Code.malformedRequest, thrown.message);
    throw thrown;
  }
  return text;
}
