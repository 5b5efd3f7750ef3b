import { messageOf } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { Member } from '../gen/raftctl/v1/member.js';
import { PeerHello } from '../gen/raftctl/v1/transport.js';
import type { LinkStatus, MonotonicClock, PeerIdentity, TransportEvents } from '../node/index.js';
import { admit } from '../transport/admission.js';
import { makeHello } from '../transport/hello.js';
import type { Body } from './protocol.js';

/** A peer that has said nothing for so long is taken for gone, in milliseconds. */
const silenceMs = 1000;

/** What is known of a peer. */
interface Link {
  readonly member: Member;
  /** The latest life of the peer that was heard of; 0 where none was. */
  life: number;
  heardMs: number | undefined;
  hello: PeerHello | undefined;
  declinesLeadership: boolean;
  error: string;
}

/** What belongs to a node while it runs. */
export interface LinkOptions {
  /** Begin of this process, milliseconds since 1970-01-01 UTC: a later life has a higher number. */
  readonly life: number;
  readonly clock: MonotonicClock;
  readonly logger: Logger;
  readonly send: (dest: string, body: Body) => void;
}

/**
 * Who the peers are, and whether they are there. Nodes say hello to each other again and again; by that they know that the other is there,
 * and in which of its lives. What was said in, or to, another life than the latest is no message of this connection: a network that delivers
 * old messages must not bring back those of before a restart.
 */
export class Links {
  readonly #links = new Map<number, Link>();

  constructor(
    private readonly options: LinkOptions,
    private readonly identity: PeerIdentity,
    private readonly events: TransportEvents,
  ) {}

  setPeers(members: readonly Member[]): void {
    const others = members.filter(({ id }) => id !== this.identity.nodeId);
    for (const id of [...this.#links.keys()]) if (!others.some((member) => member.id === id)) this.#links.delete(id);
    for (const member of others) {
      if (this.#links.has(member.id)) continue;
      const link = { member, life: 0, heardMs: undefined, hello: undefined, declinesLeadership: false, error: '' };
      this.#links.set(member.id, link);
      this.#sayHello(link);
    }
  }

  sayHelloToAll(): void {
    for (const link of this.#links.values()) this.#sayHello(link);
  }

  /** Name in the network of a peer that is there; undefined where it is not. */
  destOf(id: number): string | undefined {
    const link = this.#links.get(id);
    return link !== undefined && this.#isLive(link) ? link.member.address : undefined;
  }

  /** What everything that is said to a peer carries, so that it is taken in these two lives alone. */
  lives(id: number): { readonly life: number; readonly yours: number } {
    return { life: this.options.life, yours: this.#links.get(id)?.life ?? 0 };
  }

  /** Id of the peer that has said this, in its latest life and to this one; undefined where it is not to be listened to. */
  speakerOf(src: string, { life, yours }: Body): number | undefined {
    const link = this.#byName(src);
    if (link?.hello === undefined) return undefined;
    if (yours !== this.options.life) this.#sayHello(link);
    if (yours !== this.options.life || life !== link.life) return undefined;
    link.heardMs = this.options.clock();
    return link.member.id;
  }

  /** Never rejects. */
  async onHello(src: string, body: Body): Promise<void> {
    const link = this.#byName(src);
    const { life, yours, hello: encoded, declines } = body;
    if (link === undefined || typeof encoded !== 'string' || typeof life !== 'number' || life < link.life) return;
    let hello: PeerHello;
    try {
      hello = PeerHello.decode(Buffer.from(encoded, 'base64'));
    } catch (thrown) {
      this.options.logger.warn('a hello cannot be read', { from: src, reason: messageOf(thrown) });
      return;
    }
    const verdict = await admit(hello, this.identity, this.events, { dialled: link.member.id });
    if (verdict.kind === 'refused') {
      link.hello = undefined;
      link.error = verdict.reason;
    } else if (life >= link.life) {
      link.life = life;
      link.hello = hello;
      link.error = '';
      link.heardMs = this.options.clock();
      link.declinesLeadership = declines === true;
    }
    if (yours !== this.options.life) this.#sayHello(link);
  }

  status(): readonly LinkStatus[] {
    return [...this.#links.values()].map((link) => {
      const connected = this.#isLive(link);
      const lastSeenMs = link.heardMs === undefined ? undefined : this.options.clock() - link.heardMs;
      return {
        ...{ id: link.member.id, address: link.member.address, connected, lastSeenMs, rttMs: undefined },
        error: connected ? '' : link.error || 'it says nothing',
        instance: connected ? link.hello?.instance : undefined,
        version: connected ? link.hello?.version : undefined,
        abilities: link.hello?.abilities,
        declinesLeadership: link.hello === undefined ? undefined : link.declinesLeadership,
      };
    });
  }

  #sayHello({ member, life: yours }: Link): void {
    const hello = Buffer.from(PeerHello.encode(makeHello(this.identity, member.id)).finish()).toString('base64');
    const { life } = this.options;
    this.options.send(member.address, {
      type: 'raft_hello',
      ...{ life, yours, hello, declines: this.identity.declinesLeadership },
    });
  }

  #isLive({ hello, heardMs = Number.NEGATIVE_INFINITY }: Link): boolean {
    return hello !== undefined && this.options.clock() - heardMs < silenceMs;
  }

  #byName(name: string): Link | undefined {
    return [...this.#links.values()].find(({ member }) => member.address === name);
  }
}
