import { deferred } from '../../src/base/deferred.js';
import { type Body, type Envelope, parseEnvelope } from '../../src/maelstrom/protocol.js';
import type { LinkFaults } from './link-faults.js';
import { MaelstromProcess } from './maelstrom-process.js';

export interface RouterOptions {
  readonly nodes: readonly string[];
  /** Arguments of every node's process. */
  readonly args: readonly string[];
  readonly faults: LinkFaults;
}

/** Longest that a node may take to say that it has begun, in milliseconds. */
const initMs = 30_000;

/**
 * Maelstrom's part in a test: starts the processes of the nodes, tells each who it is, and carries every message from its sender to its
 * receiver. What happens to messages between nodes is for `LinkFaults` to say; those of clients arrive.
 */
export class Router {
  /** Messages that were carried, by the type of their body. */
  readonly carried = new Map<string, number>();
  /** Resolves with a sentence when a node has ended that nobody has killed, or has written what is no message. */
  readonly broken: Promise<string>;
  /** Aborted then. */
  readonly gone: AbortSignal;
  readonly #broken = deferred<string>();
  readonly #processes = new Map<string, MaelstromProcess>();
  readonly #waiting = new Map<string, (body: Body) => void>();
  readonly #killed = new WeakSet<MaelstromProcess>();
  #lastId = 0;

  constructor(private readonly options: RouterOptions) {
    this.broken = this.#broken.promise;
    const gone = new AbortController();
    this.gone = gone.signal;
    void this.broken.then(() => gone.abort());
  }

  get nodes(): readonly string[] {
    return this.options.nodes;
  }

  /** Starts a node, or starts it again; resolves when it has answered `init`. */
  async start(name: string): Promise<void> {
    const process = new MaelstromProcess(this.options.args, (line) => this.#onLine(name, line));
    this.#processes.set(name, process);
    void process.ended.then(({ exitCode, signal }) => {
      if (this.#processes.get(name) === process) this.#processes.delete(name);
      if (this.#killed.has(process)) return;
      this.#broken.resolve(`${name} has ended with ${exitCode ?? signal}\n${process.log}`);
    });
    const answer = await this.request(`r-${name}`, name, { type: 'init', node_id: name, node_ids: this.nodes }, initMs);
    // One that was killed meanwhile has no answer, and needs none.
    if (answer?.type === 'init_ok' || this.#killed.has(process)) return;
    this.#broken.resolve(`${name} has not begun: ${JSON.stringify(answer)}\n${process.log}`);
  }

  async kill(name: string): Promise<void> {
    const process = this.#processes.get(name);
    if (process === undefined) return;
    this.#killed.add(process);
    this.#processes.delete(name);
    await process.kill();
  }

  freeze(name: string): void {
    this.#processes.get(name)?.freeze();
  }

  thaw(name: string): void {
    this.#processes.get(name)?.thaw();
  }

  /** Asks a node as a client does. Undefined where there is no answer in time. */
  request(client: string, dest: string, body: Body, timeoutMs: number): Promise<Body | undefined> {
    const id = ++this.#lastId;
    const key = `${client} ${id}`;
    return new Promise((resolve) => {
      const timer = setTimeout(() => end(undefined), timeoutMs);
      const end = (answer: Body | undefined) => {
        clearTimeout(timer);
        this.#waiting.delete(key);
        resolve(answer);
      };
      this.#waiting.set(key, end);
      this.#deliver(dest, JSON.stringify({ src: client, dest, body: { ...body, msg_id: id } }));
    });
  }

  /** Lets every node end by itself. Returns a sentence on those that did not end well. */
  async close(): Promise<string | undefined> {
    const endings = await Promise.all(
      [...this.#processes].map(async ([name, process]) => {
        this.#killed.add(process);
        const { exitCode, signal } = await process.close();
        return exitCode === 0 ? [] : [`${name} was to end and has ended with ${exitCode ?? signal}\n${process.log}`];
      }),
    );
    return endings.flat()[0];
  }

  #onLine(name: string, line: string): void {
    const message = parseEnvelope(line);
    if (typeof message === 'string' || message.src !== name) {
      this.#broken.resolve(`${name} has written what is no message of its own: ${line.slice(0, 200)}`);
      return;
    }
    this.carried.set(message.body.type, (this.carried.get(message.body.type) ?? 0) + 1);
    if (!this.nodes.includes(message.dest)) this.#answerClient(message);
    else {
      for (const { line: arriving, afterMs } of this.options.faults.deliveries(name, message.dest, line)) {
        if (afterMs === 0) this.#deliver(message.dest, arriving);
        else setTimeout(() => this.#deliver(message.dest, arriving), afterMs).unref();
      }
    }
  }

  #answerClient({ dest, body }: Envelope): void {
    this.#waiting.get(`${dest} ${body.in_reply_to}`)?.(body);
  }

  #deliver(dest: string, line: string): void {
    this.#processes.get(dest)?.write(line);
  }
}
