import { messageOf, RaftctlError } from '../base/errors.js';
import type { NodeApi } from '../node/index.js';
import type { Calls } from './calls.js';
import { type KvRequest, LinKv } from './lin-kv.js';
import { type Body, Code, RequestError } from './protocol.js';

/** How long a request may take, in milliseconds; whoever passes one on waits a little longer, for an answer that says more. */
const requestMs = 3000;
const forwardMs = 3500;

/** What a node did not begin with, and can be asked again. */
const unavailable: ReadonlySet<string> = new Set([
  'E_NOT_LEADER',
  'E_NO_LEADER',
  'E_NO_QUORUM',
  'E_OVERLOADED',
  'E_TRANSFER_IN_PROGRESS',
  'E_NOT_BOOTSTRAPPED',
  'E_STOPPED',
]);

/**
 * Answers the requests of clients. A read is answered by whoever is asked. A change is made by the leader: another node passes it on, once, and
 * the answer back.
 */
export class RequestHandler {
  readonly #kv: LinKv;

  constructor(
    node: Pick<NodeApi, 'propose' | 'query'>,
    private readonly calls: Calls,
    /** Name of a node in the network. */
    private readonly nameOf: (id: number) => string | undefined,
  ) {
    this.#kv = new LinKv(node);
  }

  /** The answer to a client's request. Never rejects. */
  async answer(request: KvRequest): Promise<Body> {
    try {
      return request.body.type === 'read' ? await this.#read(request) : await this.#change(request);
    } catch (thrown) {
      return errorBody(thrown);
    }
  }

  /** The answer to a change that another node has passed on. Never rejects. */
  async answerForwarded(request: KvRequest): Promise<Body> {
    try {
      return await this.#changeHere(request);
    } catch (thrown) {
      return errorBody(thrown);
    }
  }

  /** A read that has failed has done nothing, whatever it has failed of. */
  async #read(request: KvRequest): Promise<Body> {
    try {
      return await this.#kv.read(request, AbortSignal.timeout(requestMs));
    } catch (thrown) {
      if (thrown instanceof RaftctlError) throw new RequestError(Code.temporarilyUnavailable, thrown.message);
      throw thrown;
    }
  }

  async #change(request: KvRequest): Promise<Body> {
    try {
      return await this.#changeHere(request);
    } catch (thrown) {
      const leader = leaderIn(thrown);
      const dest = leader === undefined ? undefined : this.nameOf(leader);
      if (dest === undefined) throw thrown;
      return this.#forward(dest, request);
    }
  }

  async #changeHere(request: KvRequest): Promise<Body> {
    const signal = AbortSignal.timeout(requestMs);
    try {
      return await this.#kv.change(request, signal);
    } catch (thrown) {
      if (signal.aborted && thrown instanceof RaftctlError && thrown.changed === 'unknown') {
        throw new RequestError(Code.timeout, thrown.message);
      }
      throw thrown;
    }
  }

  async #forward(dest: string, { client, body }: KvRequest): Promise<Body> {
    const answer = await this.calls.call(dest, { type: 'raft_forward', client, request: body }, forwardMs);
    const { msg_id: _, in_reply_to: __, ...reply } = answer;
    return reply;
  }
}

/** Who is to be asked instead, where the change was not begun because this is not the leader. */
function leaderIn(thrown: unknown): number | undefined {
  const isElsewhere = thrown instanceof RaftctlError && thrown.code === 'E_NOT_LEADER' && thrown.changed === 'no';
  return isElsewhere ? thrown.leaderHint?.id : undefined;
}

/** The body that says what was thrown. What is not known to have changed nothing is no definite error. */
export function errorBody(thrown: unknown): Body {
  if (thrown instanceof RequestError) return thrown.body;
  return new RequestError(codeOf(thrown), messageOf(thrown)).body;
}

function codeOf(thrown: unknown): Code {
  if (!(thrown instanceof RaftctlError) || thrown.changed !== 'no') return Code.crash;
  if (unavailable.has(thrown.code)) return Code.temporarilyUnavailable;
  if (thrown.code === 'E_USAGE' || thrown.code === 'E_TOO_LARGE') return Code.malformedRequest;
  return Code.crash;
}
