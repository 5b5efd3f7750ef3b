import {
  type Metadata,
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  ServerListenerBuilder,
  status,
} from '@grpc/grpc-js';
import { RaftctlError } from '../base/errors.js';
import { toStatus } from '../control/index.js';
import type { MonotonicClock } from '../node/ports.js';
import type { ReadPacer } from './read-pacer.js';
import { metadataBytesMax, metadataKeysMax } from './server-limits.js';

/** What a node takes of calls. */
export interface AdmissionLimits {
  /** Calls and streams that are open, of all connections; each costs some 20 KiB of memory, whatever it asks for. */
  readonly openCallsMax: number;
  /** How long the one message of a call may be on its way, in milliseconds. */
  readonly requestMs: number;
  /** How long a caller may leave an answer that has ended untaken, in milliseconds; and how long where memory is short. */
  readonly takeMs: number;
  readonly takeWhenFullMs: number;
  /** Bytes that all messages and all that came of them may take; past it load is refused, and what is on its way cut off. */
  readonly messageMemoryMax: number;
  /** Calls that may go on to arrive then, the oldest ones: more would only be cut off a moment later. */
  readonly arrivalsWhenFullMax: number;
}

export const defaultAdmissionLimits: AdmissionLimits = {
  openCallsMax: 8192,
  requestMs: 30_000,
  takeMs: 60_000,
  takeWhenFullMs: 5000,
  messageMemoryMax: 192 * 1024 * 1024,
  arrivalsWhenFullMax: 32,
};

/** Between two looks at what is on its way, in milliseconds: a network brings as much in this time as a node can do without. */
const lookMs = 100;

/** Services of whose calls there are as many as there is load. The others are how somebody finds out what is going on: those are answered. */
const loadServices = ['KvService', 'RegisterService', 'ProposalService'].map((name) => `/raftctl.v1.${name}/`);
/** Peers are bounded by how many there are, and never refused. */
const peerService = '/raftctl.v1.TransportService/';

type Refusal = Parameters<ServerInterceptingCallInterface['sendStatus']>[0];

/** What admission needs of the rest. */
export interface AdmissionOptions {
  readonly pacer: Pick<ReadPacer, 'spend' | 'isRefusing'>;
  readonly clock: MonotonicClock;
  /** Bytes outside of the heap, where messages are: those that are in use, and those that nobody has collected yet. */
  readonly messageMemory: () => number;
  /** Cuts a connection. @param from HOST:PORT of its other end */
  readonly cutOff: (from: string) => void;
  /** Told of each refusal for load. */
  readonly onRefused: (code: 'E_OVERLOADED', reason: string) => void;
  readonly limits?: AdmissionLimits;
}

/**
 * The first look at a call, before anything of it is decoded: refusing one must be much cheaper than serving it. Tells the pacer
 * of each call and each message, and ends with E_OVERLOADED what is too much.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #tooMany: Refusal;
  readonly #tooLate: Refusal;
  readonly #tooBig: Refusal;
  readonly #tooSlow: Refusal;
  readonly #tooLarge: Refusal = {
    code: status.RESOURCE_EXHAUSTED,
    details: `the metadata of a call may have ${metadataKeysMax} keys and ${metadataBytesMax} bytes`,
  };
  #openCalls = 0;
  /** Unary calls whose message is not complete, and until when it must be; the oldest first. */
  readonly #arriving = new Map<ServerInterceptingCallInterface, number>();
  /** Calls that have ended here, and since when; the oldest first. They stay as long as their caller takes nothing of what was written to him. */
  readonly #untaken = new Map<ServerInterceptingCallInterface, number>();
  readonly #looking: NodeJS.Timeout;
  #isFull = false;

  constructor(private readonly options: AdmissionOptions) {
    this.#limits = options.limits ?? defaultAdmissionLimits;
    const { openCallsMax, messageMemoryMax, requestMs } = this.#limits;
    this.#tooMany = overloaded(`${openCallsMax} calls are open on this node, as many as it takes`);
    this.#tooLate = overloaded('calls come faster than this node can read them');
    const mebibytes = Math.round(messageMemoryMax / 1024 ** 2);
    this.#tooBig = overloaded(
      `the messages of callers take ${mebibytes} MiB of this node’s memory, as much as they may`,
    );
    this.#tooSlow = refusal('E_CONN_TIMEOUT', `the message of the call was not complete after ${requestMs} ms`);
    this.#looking = setInterval(() => this.#look(), lookMs).unref();
  }

  /** Calls and streams that are open now. */
  get openCalls(): number {
    return this.#openCalls;
  }

  stop(): void {
    clearInterval(this.#looking);
  }

  /** Stands before every other interceptor of a server. */
  readonly interceptor: ServerInterceptor = ({ path, requestStream, responseStream }, call) => {
    const { pacer } = this.options;
    const isPeer = path.startsWith(peerService);
    if (!isPeer) pacer.spend();
    let isOpen = false;
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        const refusal = isTooLarge(metadata) ? this.#tooLarge : isPeer ? undefined : this.#refusalOf(path);
        if (refusal !== undefined) {
          call.sendStatus(refusal);
          return;
        }
        isOpen = !isPeer;
        if (isOpen) this.#openCalls++;
        if (!requestStream) this.#arriving.set(call, this.options.clock() + this.#limits.requestMs);
        next(metadata);
      })
      .withOnReceiveMessage((message, next) => {
        if (!isPeer) pacer.spend();
        next(message);
      })
      .withOnReceiveHalfClose((next) => {
        this.#arriving.delete(call);
        next();
      })
      // Comes at the end of every call, of those that were answered as well.
      .withOnCancel(() => {
        this.#arriving.delete(call);
        this.#untaken.delete(call);
        if (isOpen) this.#openCalls--;
        isOpen = false;
      })
      .build();
    const end = () => {
      if (isOpen && !this.#untaken.has(call)) this.#untaken.set(call, this.options.clock());
    };
    const responder = new ResponderBuilder()
      .withStart((next) => next(listener))
      // gRPC sends the status of a unary call when its one answer is gone.
      .withSendMessage((message, next) => {
        if (!responseStream) end();
        next(message);
      })
      .withSendStatus((ending, next) => {
        end();
        next(ending);
      })
      .build();
    return new ServerInterceptingCall(call, responder);
  };

  #refusalOf(path: string): Refusal | undefined {
    const refusal = this.#openCalls >= this.#limits.openCallsMax ? this.#tooMany : this.#refusalOfLoad(path);
    if (refusal !== undefined) this.#count(refusal);
    return refusal;
  }

  #refusalOfLoad(path: string): Refusal | undefined {
    if (!this.#isFull && !this.options.pacer.isRefusing) return undefined;
    if (!loadServices.some((service) => path.startsWith(service))) return undefined;
    return this.#isFull ? this.#tooBig : this.#tooLate;
  }

  #count({ details }: Refusal): void {
    this.options.onRefused('E_OVERLOADED', details ?? '');
  }

  #look(): void {
    this.#isFull = this.options.messageMemory() > this.#limits.messageMemoryMax;
    const now = this.options.clock();
    this.#lookAtArriving(now);
    this.#lookAtUntaken(now);
  }

  #lookAtArriving(now: number): void {
    const { arrivalsWhenFullMax } = this.#limits;
    let count = 0;
    for (const [call, untilMs] of this.#arriving) {
      count++;
      if (untilMs <= now) {
        this.#arriving.delete(call);
        call.sendStatus(this.#tooSlow);
      } else if (this.#isFull && count > arrivalsWhenFullMax) {
        this.#arriving.delete(call);
        this.#count(this.#tooBig);
        call.sendStatus(this.#tooBig);
      } else if (!this.#isFull) {
        return;
      }
    }
  }

  /** There is no telling such a caller: whatever he is told waits behind what he does not take. */
  #lookAtUntaken(now: number): void {
    const { takeMs, takeWhenFullMs } = this.#limits;
    for (const [call, sinceMs] of this.#untaken) {
      if (now - sinceMs < (this.#isFull ? takeWhenFullMs : takeMs)) return;
      this.#untaken.delete(call);
      this.options.cutOff(call.getPeer());
    }
  }
}

const overloaded = (reason: string) => refusal('E_OVERLOADED', reason);

function refusal(error: 'E_OVERLOADED' | 'E_CONN_TIMEOUT', reason: string): Refusal {
  const { code, details, metadata } = toStatus(new RaftctlError(error, reason, { retryable: true }));
  return { code: code ?? status.RESOURCE_EXHAUSTED, details: details ?? reason, metadata: metadata ?? null };
}

/** Larger than any honest caller's. */
function isTooLarge(metadata: Metadata): boolean {
  const pairs = Object.entries(metadata.toHttp2Headers());
  let bytes = 0;
  for (const [key, value] of pairs) {
    for (const text of Array.isArray(value) ? value : [String(value)]) bytes += key.length + text.length;
  }
  return pairs.length > metadataKeysMax || bytes > metadataBytesMax;
}
