import {
  type Client,
  type ClientOptions,
  credentials,
  Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import type { LogFields, Logger } from '../../src/base/logger.js';
import { QuietLog } from '../../src/base/quiet-log.js';
import {
  addControlServices,
  authorizing,
  Callers,
  type ControlOptions,
  type ControlServices,
  errorDetailKey,
  untilDeadline,
} from '../../src/control/index.js';
import { ErrorDetail } from '../../src/gen/raftctl/v1/errors.js';
import type { NodeApi } from '../../src/node/node-api.js';

/** Keeps what is logged as errors and warnings. */
export class RecordingLogger implements Logger {
  readonly errors: { message: string; fields: LogFields }[] = [];
  readonly warnings: { message: string; fields: LogFields }[] = [];
  debug(): void {}
  info(): void {}
  warn(message: string, fields: LogFields = {}): void {
    this.warnings.push({ message, fields });
  }
  error(message: string, fields: LogFields = {}): void {
    this.errors.push({ message, fields });
  }
}

type ClientConstructor<C extends Client> = new (
  address: string,
  channel: ReturnType<typeof credentials.createInsecure>,
  options?: ClientOptions,
) => C;

/** The control plane of a node on a loopback port, and clients of it. */
export class ControlServer {
  readonly logger = new RecordingLogger();
  readonly #clients: Client[] = [];
  readonly #server: Server;
  readonly services: ControlServices;
  /** Codes of the calls that were refused to their callers. */
  readonly denied: string[] = [];
  port = 0;

  private constructor(node: NodeApi, options: Partial<ControlOptions>) {
    const { callers = new Callers({ wallClock: Date.now }) } = options;
    const log = new QuietLog(this.logger, () => performance.now());
    const onDenied = (code: string) => void this.denied.push(code);
    this.#server = new Server({ interceptors: [authorizing({ callers, log, onDenied }), untilDeadline] });
    this.services = addControlServices(this.#server, node, { logger: this.logger, callers, ...options });
  }

  static async start(node: NodeApi, options: Partial<ControlOptions> = {}): Promise<ControlServer> {
    const control = new ControlServer(node, options);
    control.port = await new Promise<number>((resolve, reject) => {
      control.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
    return control;
  }

  client<C extends Client>(Service: ClientConstructor<C>): C {
    const client = new Service(`127.0.0.1:${this.port}`, credentials.createInsecure());
    this.#clients.push(client);
    return client;
  }

  /** Resolves when no call is open any more. */
  tryShutdown(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.tryShutdown((error) => (error ? reject(error) : resolve()));
    });
  }

  stop(): void {
    for (const client of this.#clients) client.close();
    this.services.refuseCalls();
    this.#server.forceShutdown();
  }
}

/** Makes a unary call of a generated service, with a deadline that a test never reaches unless it means to. */
export function unary<Request, Response>(
  client: Client,
  method: MethodDefinition<Request, Response> | ServiceDefinition[string],
  request: Request,
  deadlineMs = 30_000,
): Promise<Response> {
  const deadline = Number.isFinite(deadlineMs) ? { deadline: Date.now() + deadlineMs } : {};
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest<Request, Response>(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      new Metadata(),
      deadline,
      (error, response) => {
        if (error !== null) reject(error);
        else if (response === undefined) reject(new Error('neither error nor response'));
        else resolve(response);
      },
    );
  });
}

/** The error of a call that must fail, with the detail from its trailing metadata. */
export async function failure(
  call: Promise<unknown>,
): Promise<{ error: ServiceError; detail: ErrorDetail | undefined }> {
  const error = await call.then(
    () => Promise.reject(new Error('the call succeeded')),
    (thrown: ServiceError) => thrown,
  );
  return { error, detail: detailOf(error) };
}

/** The `ErrorDetail` that came with an error. */
export function detailOf(error: ServiceError): ErrorDetail | undefined {
  const [bytes] = error.metadata?.get(errorDetailKey) ?? [];
  return bytes instanceof Buffer ? ErrorDetail.decode(bytes) : undefined;
}
