/** What a message says. Fields beside these are those of its type. */
export interface Body {
  readonly type: string;
  readonly msg_id?: number;
  readonly in_reply_to?: number;
  readonly [field: string]: unknown;
}

/** A message of Maelstrom's network: one line of JSON. */
export interface Envelope {
  readonly src: string;
  readonly dest: string;
  readonly body: Body;
}

/** Error codes of the protocol. `timeout` and `crash` leave open whether anything was done, or will be; the others say: nothing. */
export const Code = {
  timeout: 0,
  nodeNotFound: 1,
  notSupported: 10,
  temporarilyUnavailable: 11,
  malformedRequest: 12,
  crash: 13,
  abort: 14,
  keyDoesNotExist: 20,
  keyAlreadyExists: 21,
  preconditionFailed: 22,
  txnConflict: 30,
} as const;

/** One of the protocol's error codes. */
export type Code = (typeof Code)[keyof typeof Code];

/** A request that is answered with an error. */
export class RequestError extends Error {
  override readonly name = 'RequestError';

  constructor(
    readonly code: Code,
    message: string,
    /** What the answer says beside code and text. */
    readonly fields: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }

  /** The body of the answer. */
  get body(): Body {
    return { type: 'error', code: this.code, text: this.message, ...this.fields };
  }
}

/** Reads a line. Returns a sentence where it is no message. */
export function parseEnvelope(line: string): Envelope | string {
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch {
    return 'the line is not JSON';
  }
  if (!isRecord(message)) return 'the message is no JSON object';
  const { src, dest, body } = message;
  if (typeof src !== 'string' || typeof dest !== 'string') return 'src and dest of a message are strings';
  if (!isBody(body)) return 'the body of a message has a type, and whole numbers as msg_id and in_reply_to';
  return { src, dest, body };
}

/** Whether something can be the body of a message. */
export function isBody(body: unknown): body is Body {
  if (!isRecord(body) || typeof body['type'] !== 'string') return false;
  return [body['msg_id'], body['in_reply_to']].every((id) => id === undefined || Number.isSafeInteger(id));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
