import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, RaftctlError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { makeLogger } from '../daemon/log.js';
import { Calls } from './calls.js';
import { LineChannel } from './line-channel.js';
import { type Cast, MaelstromNode, nameOf } from './maelstrom-node.js';
import { type MaelstromOptions, readOptions, usage } from './options.js';
import { type Body, Code, type Envelope, isBody, RequestError } from './protocol.js';
import { errorBody, RequestHandler } from './request-handler.js';

/**
 * A node in the foreground, until its input ends, a signal comes, or it cannot go on.
 * @returns exit code
 */
export async function runMaelstrom(args: readonly string[]): Promise<number> {
  process.umask(0o077);
  try {
    const options = readOptions(args);
    if (options !== undefined) return await run(options);
    process.stdout.write(usage);
    return 0;
  } catch (thrown) {
    const hint = thrown instanceof RaftctlError && thrown.hint !== undefined ? `\n  ${thrown.hint}` : '';
    process.stderr.write(`raftctl-maelstrom: ${messageOf(thrown)}${hint}\n`);
    return thrown instanceof RaftctlError ? thrown.exitCode : 1;
  }
}

async function run(options: MaelstromOptions): Promise<number> {
  const logger = makeLogger({ level: options.logLevel, format: 'human', base: { pid: process.pid } });
  const temporary = options.dataDir === undefined ? await mkdtemp(join(tmpdir(), 'raftctl-maelstrom-')) : undefined;
  const program = new MaelstromProgram({ ...options, dataDir: options.dataDir ?? temporary ?? '' }, logger);
  try {
    return await program.run();
  } finally {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
}

/** Everything between the two streams. */
class MaelstromProgram {
  readonly #channel: LineChannel;
  readonly #life = Date.now();
  readonly #calls = new Calls(this.#life, (dest, body) => this.#send(dest, body));
  #cast: Cast | undefined;
  #starting: Promise<MaelstromNode> | undefined;
  #node: MaelstromNode | undefined;
  #handler: RequestHandler | undefined;
  #end: (exitCode: number) => void = () => {};

  constructor(
    private readonly options: MaelstromOptions & { readonly dataDir: string },
    private readonly logger: Logger,
  ) {
    this.#channel = new LineChannel(process.stdin, process.stdout, logger);
  }

  async run(): Promise<number> {
    const exitCode = await new Promise<number>((resolve) => {
      this.#end = resolve;
      process.once('SIGINT', () => resolve(130));
      process.once('SIGTERM', () => resolve(143));
      void this.#channel.receive((message) => this.#take(message)).then(() => resolve(0));
    });
    const node = await this.#starting?.catch(() => undefined);
    await node?.stop();
    return exitCode;
  }

  #take(message: Envelope): void {
    const { src, body } = message;
    if (body.in_reply_to !== undefined) this.#calls.onAnswer(src, body);
    else if (body.type === 'raft_hello') this.#node?.transport.onHello(message);
    else if (body.type === 'raft_batch') this.#node?.transport.onBatch(message);
    else {
      void this.#answer(message).then((answer) => {
        if (body.msg_id !== undefined) this.#send(src, { ...answer, in_reply_to: body.msg_id });
      });
    }
  }

  async #answer(message: Envelope): Promise<Body> {
    const { src, dest, body } = message;
    try {
      if (body.type === 'init') return await this.#init(body);
      const [node, handler] = [this.#node, this.#handler];
      if (node === undefined || handler === undefined) {
        throw new RequestError(Code.temporarilyUnavailable, 'the node has not been told who it is: init comes first');
      }
      if (dest !== this.#cast?.self)
        throw new RequestError(Code.nodeNotFound, `this is ${this.#cast?.self}, not ${dest}`);
      switch (body.type) {
        case 'read':
        case 'write':
        case 'cas':
          return await handler.answer({ client: src, body });
        case 'raft_forward':
          return await handler.answerForwarded(forwarded(body));
        case 'raft_snapshot':
          await node.transport.onSnapshotPart(message);
          return { type: 'raft_snapshot_ok' };
        default:
          throw new RequestError(Code.notSupported, `there is no request ${JSON.stringify(body.type.slice(0, 40))}`);
      }
    } catch (thrown) {
      return errorBody(thrown);
    }
  }

  /** Maelstrom asks once. Asked again, with the same names, a node is what it is. */
  async #init({ node_id: self, node_ids: all }: Body): Promise<Body> {
    if (typeof self !== 'string' || !isNames(all) || !all.includes(self)) {
      throw new RequestError(Code.malformedRequest, 'init takes node_id, one of the different names in node_ids');
    }
    if (this.#cast !== undefined && JSON.stringify(this.#cast) !== JSON.stringify({ self, all })) {
      throw new RequestError(Code.abort, `this node is ${this.#cast.self} already`);
    }
    this.#cast = { self, all };
    this.#starting ??= this.#start(this.#cast);
    try {
      await this.#starting;
    } catch (thrown) {
      // Nothing that is said to it will ever be answered otherwise.
      this.logger.error('the node cannot start', { reason: messageOf(thrown) });
      this.#end(thrown instanceof RaftctlError ? thrown.exitCode : 1);
      throw thrown;
    }
    return { type: 'init_ok' };
  }

  async #start(cast: Cast): Promise<MaelstromNode> {
    const { dataDir, tickMs, snapshotEntries } = this.options;
    const node = await MaelstromNode.start({
      ...{ cast, dataDir, tickMs, snapshotEntries, logger: this.logger },
      transport: {
        life: this.#life,
        calls: this.#calls,
        congested: () => this.#channel.congested,
        send: (dest, body) => this.#send(dest, body),
      },
    });
    node.raft.onFatal(() => this.#end(1));
    this.#node = node;
    this.#handler = new RequestHandler(node.raft, this.#calls, (id) => nameOf(cast, id));
    return node;
  }

  #send(dest: string, body: Body): void {
    this.#channel.send({ src: this.#cast?.self ?? '', dest, body });
  }
}

function isNames(names: unknown): names is readonly string[] {
  // A name is a folder, too.
  const isName = (name: unknown) => typeof name === 'string' && /^[\w-]{1,64}$/.test(name);
  return Array.isArray(names) && names.every(isName) && new Set(names).size === names.length;
}

function forwarded({ client, request }: Body): { readonly client: string; readonly body: Body } {
  const isChange = isBody(request) && (request.type === 'write' || request.type === 'cas');
  if (typeof client === 'string' && isChange) return { client, body: request };
  throw new RequestError(Code.malformedRequest, 'what is passed on is a write or cas, with its client');
}
