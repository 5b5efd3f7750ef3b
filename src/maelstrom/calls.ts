import { type Deferred, deferred } from '../base/deferred.js';
import { type Body, Code, RequestError } from './protocol.js';

/** Requests of this node to others, each with its answer. */
export class Calls {
  #lastId = 0;
  readonly #waiting = new Map<number, Deferred<Body>>();

  constructor(private readonly send: (dest: string, body: Body) => void) {}

  /**
   * Asks another node.
   * @throws RequestError with the code of the answer, or `timeout` where there is none in time
   */
  async call(dest: string, body: Body, timeoutMs: number): Promise<Body> {
    const id = ++this.#lastId;
    const answer: Deferred<Body> = deferred();
    this.#waiting.set(id, answer);
    const timer = setTimeout(
      () => answer.reject(new RequestError(Code.timeout, `${dest} has not answered within ${timeoutMs} ms`)),
      timeoutMs,
    );
    try {
      this.send(dest, { ...body, msg_id: id });
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  /** Takes an answer; one that nobody waits for any more is left out. */
  onAnswer(body: Body): void {
    const answer = this.#waiting.get(body.in_reply_to ?? 0);
    if (body.type === 'error') answer?.reject(errorOf(body));
    else answer?.resolve(body);
  }
}

/** A code that is not known may mean anything: it counts as one that says nothing for sure. */
function errorOf({ type: _, msg_id: __, in_reply_to: ___, code, text, ...fields }: Body): RequestError {
  const known = Object.values(Code).find((one) => one === code);
  const sentence = typeof text === 'string' ? text : `error ${String(code)}`;
  return new RequestError(known ?? Code.crash, sentence, fields);
}
