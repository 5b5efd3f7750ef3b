import { type Deferred, deferred } from '../base/deferred.js';
import { type Body, Code, RequestError } from './protocol.js';

/** Requests of this node to others, each with its answer. */
export class Calls {
  #lastId: number;
  readonly #waiting = new Map<number, { readonly dest: string; readonly answer: Deferred<Body> }>();

  /**
   * @param life of this node: a number that is higher in each of its lives than it counts to in the one before, so that an answer to a
   * request of an earlier life, which a network may still deliver, is the answer to none of this one
   */
  constructor(
    life: number,
    private readonly send: (dest: string, body: Body) => void,
  ) {
    this.#lastId = life;
  }

  /**
   * Asks another node.
   * @throws RequestError with the code of the answer, or `timeout` where there is none in time
   */
  async call(dest: string, body: Body, timeoutMs: number): Promise<Body> {
    const id = ++this.#lastId;
    const answer: Deferred<Body> = deferred();
    this.#waiting.set(id, { dest, answer });
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

  /** Takes an answer; one that nobody waits for any more, or of somebody else, is left out. */
  onAnswer(src: string, body: Body): void {
    const waiting = this.#waiting.get(body.in_reply_to ?? 0);
    if (waiting?.dest !== src) return;
    if (body.type === 'error') waiting.answer.reject(errorOf(body));
    else waiting.answer.resolve(body);
  }
}

/** A code that is not known may mean anything: it counts as one that says nothing for sure. */
function errorOf({ type: _, msg_id: __, in_reply_to: ___, code, text, ...fields }: Body): RequestError {
  const known = Object.values(Code).find((one) => one === code);
  const sentence = typeof text === 'string' ? text : `error ${String(code)}`;
  return new RequestError(known ?? Code.crash, sentence, fields);
}
