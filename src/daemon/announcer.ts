import { type ChannelCredentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import type { Logger } from '../base/logger.js';
import { errorDetailKey } from '../control/index.js';
import { ErrorDetail } from '../gen/raftctl/v1/errors.js';
import { type AnnounceRequest, type AnnounceResponse, MemberServiceClient } from '../gen/raftctl/v1/member.js';

/** What an announcer is made of. */
export interface AnnouncerOptions {
  /** Who announces itself, and what it says of itself now. */
  readonly announcement: () => AnnounceRequest;
  /** Any nodes of the cluster, HOST:PORT each. */
  readonly seeds: readonly string[];
  /** With which nodes are asked, as of now. */
  readonly credentials: () => ChannelCredentials;
  readonly logger: Logger;
  /** Between two rounds while this node is not a member; the leader forgets who is silent. */
  readonly joinIntervalMs?: number;
  /** And once it is one. */
  readonly memberIntervalMs?: number;
}

/** How long one node may take to answer. */
const callMs = 2000;

/**
 * Tells a cluster, through any of its nodes, that this node is there and where, so that a change of the members may name it by its id
 * alone. It never joins by itself: that is for the operator to say.
 */
export class Announcer {
  /** Of the call that runs. */
  #client: MemberServiceClient | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  /** What was logged last, so that the same is not said every two seconds. */
  #told = '';

  constructor(private readonly options: AnnouncerOptions) {}

  start(): void {
    void this.#round();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#client?.close();
  }

  async #round(): Promise<void> {
    const answer = await this.#announce();
    if (this.#stopped) return;
    const { joinIntervalMs = 2000, memberIntervalMs = 60_000 } = this.options;
    this.#timer = setTimeout(() => void this.#round(), answer?.isMember ? memberIntervalMs : joinIntervalMs);
  }

  /** Asks one seed after the other, and the leader that it names, until one takes the announcement. */
  async #announce(): Promise<AnnounceResponse | undefined> {
    let failure = '';
    for (const seed of this.options.seeds) {
      let address = seed;
      // A seed, and where it sends us: a leader that has just lost its place may send us on once more.
      for (let hop = 0; hop < 3 && address !== '' && !this.#stopped; hop++) {
        const answer = await this.#ask(address);
        if ('isMember' in answer) {
          this.#tell(answer.isMember ? 'is a member of the cluster' : 'announced to the cluster', { by: address });
          return answer;
        }
        failure = `${address}: ${answer.details}`;
        address = leaderAddress(answer);
      }
    }
    if (!this.#stopped) this.#tell('no node of the cluster takes the announcement', { error: failure });
    return undefined;
  }

  #ask(address: string): Promise<AnnounceResponse | ServiceError> {
    const deadline = Date.now() + callMs;
    const client = new MemberServiceClient(address, this.options.credentials());
    this.#client = client;
    return new Promise((resolve) => {
      client.announce(this.options.announcement(), new Metadata(), { deadline }, (error, response) => {
        client.close();
        resolve(error ?? response);
      });
    });
  }

  #tell(message: string, fields: Record<string, string>): void {
    const text = `${message} ${JSON.stringify(fields)}`;
    if (text !== this.#told) this.options.logger.info(message, fields);
    this.#told = text;
  }
}

/** Where an error says the leader is; empty where it does not. */
function leaderAddress(error: ServiceError): string {
  const [bytes] = error.metadata?.get(errorDetailKey) ?? [];
  if (!(bytes instanceof Buffer)) return '';
  try {
    return ErrorDetail.decode(bytes).leaderHint?.address ?? '';
  } catch {
    return '';
  }
}
